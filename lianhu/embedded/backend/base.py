"""Django's PostgreSQL backend, with a server that is started on the first connection."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, client
from psycopg2 import OperationalError

from lianhu.embedded import cluster
from lianhu.embedded.postgres import USER, server


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, with the psql that came with the server."""

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.get_connection_params()
        type(self).executable_name = str(cluster.binary("psql"))
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    """Settings: NAME and LIANHU_DATA; host and user are the embedded server's."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        socket_dir = server(Path(self.settings_dict["LIANHU_DATA"])).join()
        self.settings_dict |= {"HOST": str(socket_dir), "USER": USER}
        params: dict[str, Any] = super().get_connection_params()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except OperationalError:
            # Killed from outside, or still recovering. Any other fault comes again below.
            server(Path(self.settings_dict["LIANHU_DATA"])).revive()
            return super().get_new_connection(conn_params)
