"""The queue's client in the test's own process, on another broker."""

from celery import current_app
from kombu import pools


def use_broker(url):
    """With new connections: a pool that was closed would refuse to send for the rest of the process."""
    current_app.conf.broker_url = current_app.conf.broker_read_url = url
    current_app.conf.broker_write_url = url
    pools.reset()
    current_app._after_fork()
