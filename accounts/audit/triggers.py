"""Every change of a row is logged by the database itself, whoever makes it: form, import, admin or psql."""

from typing import Any

from django.apps import apps
from django.db import migrations

EVENTS = {
    "INSERT": (
        "added",
        "NEW TABLE AS new_rows",
        "SELECT NULL::jsonb AS was, to_jsonb(n) AS now FROM new_rows n",
    ),
    "UPDATE": (
        "changed",
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        """SELECT was, now
           FROM (SELECT to_jsonb(o) AS was FROM old_rows o) before_it
           JOIN (SELECT to_jsonb(n) AS now FROM new_rows n) after_it ON was -> TG_ARGV[0] = now -> TG_ARGV[0]""",
    ),
    "DELETE": (
        "removed",
        "OLD TABLE AS old_rows",
        "SELECT to_jsonb(o) AS was, NULL::jsonb AS now FROM old_rows o",
    ),
}


# Never in the log: what is sealed, what finds it, and what only machines read.
UNLOGGED = (
    "phone_sealed id_number_sealed phone_hash phone_tail_hash id_number_hash password key token "
    "last_login last_t drift last_used_at used_at set_at pinyin bigrams"
)

# A row that is added has no column to compare, which makes it half as dear: most entries are of these.
_ADDED = f"""
            SELECT nextval('accounts_auditentry_id_seq') AS id, body,
                   jsonb_build_object('after', jsonb_strip_nulls(body - '{{{UNLOGGED.replace(" ", ",")}}}'::text[]
                                                                      - private)) AS open,
                   CASE WHEN private <> '{{}}' THEN (
                       SELECT jsonb_build_object('before', NULL, 'after', jsonb_object_agg(name, body -> name))::text
                       FROM unnest(private) name WHERE body ->> name <> '' HAVING count(*) > 0) END AS hidden,
                   gen_random_uuid()::text AS salt
            FROM (SELECT to_jsonb(n) AS body FROM new_rows n) added"""


def _compared(rows: str) -> str:
    """Only columns that differ. Of a sealed value it is told that it changed, of others nothing but that."""
    return f"""
            SELECT nextval('accounts_auditentry_id_seq') AS id, coalesce(now, was) AS body,
                   jsonb_strip_nulls(jsonb_build_object('before', before, 'after', after)) AS open,
                   CASE WHEN hidden_before IS NOT NULL OR hidden_after IS NOT NULL THEN
                       jsonb_build_object('before', hidden_before, 'after', hidden_after)::text END AS hidden,
                   gen_random_uuid()::text AS salt
            FROM ({rows}) pair CROSS JOIN LATERAL (
                SELECT jsonb_object_agg(name, v0) FILTER (WHERE v0 IS NOT NULL AND NOT hide) AS before,
                       jsonb_object_agg(name, v1) FILTER (WHERE v1 IS NOT NULL AND NOT hide) AS after,
                       jsonb_object_agg(name, v0) FILTER (WHERE v0 IS NOT NULL AND hide) AS hidden_before,
                       jsonb_object_agg(name, v1) FILTER (WHERE v1 IS NOT NULL AND hide) AS hidden_after
                FROM (
                    SELECT name, name = ANY (private) AS hide,
                           CASE WHEN masked AND v0 <> 'null' THEN '"***"'::jsonb ELSE v0 END AS v0,
                           CASE WHEN masked AND v1 <> 'null' THEN '"***"'::jsonb ELSE v1 END AS v1
                    FROM (
                        SELECT name, o.value AS v0, n.value AS v1,
                               name LIKE '%\\_hash' OR name IN ('password', 'key', 'token') AS masked
                        FROM jsonb_each(coalesce(was, '{{}}')) o (name, value)
                        FULL JOIN jsonb_each(coalesce(now, '{{}}')) n (name, value) USING (name)
                    ) each_column
                    WHERE v0 IS DISTINCT FROM v1 AND NOT (v0 IS NULL AND v1 IN ('null', '""'))
                      AND name NOT LIKE '%\\_sealed' AND name NOT LIKE '%\\_tail\\_hash'
                      AND name <> ALL ('{{last_login,last_t,drift,last_used_at,used_at,set_at,pinyin,bigrams}}'::text[])
                ) differing
            ) split
            WHERE num_nonnulls(before, after, hidden_before, hidden_after) > 0"""


def _branch(event: str) -> str:
    kind, _, rows = EVENTS[event]
    told = _ADDED if event == "INSERT" else _compared(rows)
    return f"""
        WITH told AS MATERIALIZED ({told}
        ), written AS (
            INSERT INTO accounts_auditentry (id, at, kind, actor_id, actor_name, address, request_id,
                subject_table, subject_id, subject_key, detail, private_digest)
            SELECT id, clock_timestamp(), '{kind}', (who ->> 'id')::bigint,
                   coalesce(who ->> 'name', 'db:' || session_user), coalesce(who ->> 'address', ''),
                   coalesce(who ->> 'request', ''), TG_TABLE_NAME, (body ->> coalesce(TG_ARGV[2], TG_ARGV[0]))::bigint,
                   left(coalesce(body ->> 'code', body ->> 'number', body ->> 'username',
                                 CASE WHEN 'name' <> ALL (private) THEN body ->> 'name' END, ''), 100),
                   open::text,
                   CASE WHEN hidden IS NULL THEN ''
                        ELSE encode(sha256(convert_to(salt || hidden, 'UTF8')), 'hex') END
            FROM told
        )
        INSERT INTO accounts_auditprivate (entry_id, salt, body)
        SELECT id, salt, hidden FROM told WHERE hidden IS NOT NULL"""


FUNCTION = f"""
CREATE OR REPLACE FUNCTION accounts_log_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    private text[] := string_to_array(TG_ARGV[1], ',');
    who jsonb := coalesce(nullif(current_setting('lianhu.acting', true), ''), '{{}}')::jsonb;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF current_setting('lianhu.importing', true) = 'on' THEN RETURN NULL; END IF;
        {_branch("INSERT")};
    ELSIF TG_OP = 'UPDATE' THEN
        {_branch("UPDATE")};
    ELSE
        {_branch("DELETE")};
    END IF;
    RETURN NULL;
END $$
"""


class LogChanges(migrations.RunSQL):
    """Log each row added, changed or removed. `private` columns hold what a family may have blacked out.

    `subject`: the column that the entry names its row by, where the key itself is no number.
    """

    def __init__(self, table: str, private: str = "", pk: str = "id", subject: str = "") -> None:
        self.table, self.private, self.pk, self.subject = table, private, pk, subject
        arguments = f"'{pk}', '{private.replace(' ', ',')}'" + (f", '{subject}'" if subject else "")
        super().__init__(
            sql="".join(
                f"CREATE TRIGGER log_{kind} AFTER {event} ON {table} REFERENCING {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION accounts_log_change({arguments});"
                for event, (kind, rows, _) in EVENTS.items()
            ),
            reverse_sql="".join(f"DROP TRIGGER log_{kind} ON {table};" for kind, _, _ in EVENTS.values()),
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "LogChanges", [self.table, self.private, self.pk, self.subject], {}


# Entries are only added; the sealer sets its three columns once. What a family had blacked out goes once.
GUARDS = """
CREATE FUNCTION accounts_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'accounts_auditentry' AND TG_OP = 'UPDATE' THEN
        IF OLD.number IS NULL AND NEW.number IS NOT NULL AND NEW.mac IS NOT NULL AND NEW.hash IS NOT NULL
           AND to_jsonb(NEW) - '{number,mac,hash}'::text[] = to_jsonb(OLD) - '{number,mac,hash}'::text[] THEN
            RETURN NEW;
        END IF;
    ELSIF TG_TABLE_NAME = 'accounts_auditprivate' AND TG_OP = 'UPDATE' THEN
        IF OLD.erased_by_id IS NULL AND NEW.erased_by_id IS NOT NULL AND NEW.entry_id = OLD.entry_id
           AND NEW.salt = '' AND NEW.body = '' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_is_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_is_append_only();
"""
    for table in ("accounts_auditentry", "accounts_auditprivate")
)


# Not logged row by row: derived, short-lived, or a log already.
NOT_LOGGED = frozenset(
    {
        "accounts_activationcode",
        "accounts_attempt",
        "accounts_auditcheck",
        "accounts_auditentry",
        "accounts_auditprivate",
        "accounts_delivery",
        "accounts_digest",
        "accounts_job",
        "accounts_epoch",
        "accounts_notice",
        "accounts_phone",
        "accounts_session",
        "accounts_syncitem",
        "registry_post_span",
        "grievances_numbercounter",
        "grievances_savedfilter",
        "reports_compliance",
        "reports_frozencount",
        "reports_frozenfigure",
        "reports_storedperiod",
        "reports_touched",
    }
)
LOGGED_APPS = frozenset({"accounts", "registry", "visits", "grievances", "reports", "otp_totp", "otp_static"})


def logged_tables() -> set[str]:
    """Every table of facts; a new one is logged or named above, or a test fails."""
    models = [model for model in apps.get_models() if model._meta.app_label in LOGGED_APPS]
    return {model._meta.db_table for model in models} - NOT_LOGGED
