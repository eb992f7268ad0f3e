"""The one answer to "which unit and rank on that day": terms win, standing rows fill the rest."""

from django.db import migrations

RECKONED = """
CREATE VIEW registry_post_span_reckoned AS
WITH standing AS (
    SELECT cadre_id, unit_id, rank, daterange(
               CASE WHEN lag(id) OVER row_before IS NULL THEN DATE '0001-01-01' ELSE begins_on END,
               coalesce(lead(begins_on) OVER row_before, DATE '9999-12-31'), '[)') AS days
    FROM registry_post WHERE kind = 'standing'
    WINDOW row_before AS (PARTITION BY cadre_id ORDER BY begins_on NULLS FIRST)
), term AS (
    SELECT cadre_id, unit_id, rank,
           daterange(begins_on, coalesce(ends_on, DATE '9999-12-30'), '[]') AS days
    FROM registry_post WHERE kind = 'term'
), covered AS (
    SELECT cadre_id, range_agg(days) AS days FROM term GROUP BY cadre_id
), span AS (
    SELECT cadre_id, unit_id, rank, days FROM term
    UNION ALL
    SELECT s.cadre_id, s.unit_id, s.rank, piece
    FROM standing s LEFT JOIN covered c USING (cadre_id)
    CROSS JOIN LATERAL unnest(datemultirange(s.days) - coalesce(c.days, '{}'::datemultirange)) AS piece
)
SELECT cadre_id || ':' || lower(days) AS key, cadre_id, unit_id, rank, days,
       lower(days) AS begins_on, upper(days) - 1 AS ends_on
FROM span
"""


# What a statement changed is reckoned anew in the same statement, for the cadres it touched.
KEPT = """
CREATE FUNCTION registry_keep_post_spans() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM registry_post_span WHERE cadre_id IN (SELECT cadre_id FROM touched);
    INSERT INTO registry_post_span (key, cadre_id, unit_id, rank, days, begins_on, ends_on)
    SELECT key, cadre_id, unit_id, rank, days, begins_on, ends_on
    FROM registry_post_span_reckoned WHERE cadre_id IN (SELECT cadre_id FROM touched);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_post_spans_inserted AFTER INSERT ON registry_post
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry_keep_post_spans();
CREATE TRIGGER keep_post_spans_updated AFTER UPDATE ON registry_post
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry_keep_post_spans();
CREATE TRIGGER keep_post_spans_deleted AFTER DELETE ON registry_post
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION registry_keep_post_spans();
"""
UNDO = "DROP FUNCTION registry_keep_post_spans() CASCADE; DROP VIEW registry_post_span_reckoned"


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]
    operations = [migrations.RunSQL(RECKONED + ";" + KEPT, UNDO)]
