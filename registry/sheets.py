"""The registry workbook's sheets (contract, section 9): columns, keys, and the way into the tables."""

from typing import Any

from lianhu.kit.merge import Merge
from lianhu.kit.pinyin import letters
from lianhu.kit.privacy import keyed_hash, seal
from lianhu.kit.sheets import Sheet, Values, ends_after_begin
from registry import forms, rules

_DAYS = {"begins_on": "date", "ends_on": "date"}

UNITS = Sheet(
    title="单位",
    form=forms.UnitForm,
    key=("code",),
    key_fault_at="code",
    defines="unit",
    refers={"principal": "cadre", "deputy": "cadre", "liaison": "cadre"},
    merge=Merge(
        name="unit",
        columns={
            "code": "text",
            "name": "text",
            "type": "text",
            "principal": "text",
            "deputy": "text",
            "liaison": "text",
        },
        key=("code",),
        existing="""
            SELECT u.id, u.code, u.name, u.type, coalesce(p.code, '') AS principal,
                   coalesce(d.code, '') AS deputy, coalesce(l.code, '') AS liaison
            FROM registry_unit u LEFT JOIN registry_cadre p ON p.id = u.principal_id
            LEFT JOIN registry_cadre d ON d.id = u.deputy_id
            LEFT JOIN registry_cadre l ON l.id = u.liaison_id""",
        writes=(
            """INSERT INTO registry_unit (code, name, type)
               SELECT code, name, type FROM {diff} WHERE verdict = 'new'""",
            """UPDATE registry_unit u SET name = d.name, type = d.type
               FROM {diff} d WHERE u.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

# The named cadres are in the table only after sheet 干部 is.
UNIT_PEOPLE = """
    UPDATE registry_unit u SET principal_id = p.id, deputy_id = e.id, liaison_id = l.id
    FROM diff_unit d LEFT JOIN registry_cadre p ON p.code = d.principal
    LEFT JOIN registry_cadre e ON e.code = d.deputy
    LEFT JOIN registry_cadre l ON l.code = d.liaison
    WHERE u.code = d.code AND d.verdict <> 'same'"""

VILLAGES = Sheet(
    title="村",
    form=forms.VillageForm,
    key=("code",),
    key_fault_at="code",
    defines="village",
    refers={"township": "unit"},
    rules=(rules.township_is_a_township,),
    hints=(rules.village_code_looks_right,),
    merge=Merge(
        name="village",
        columns={
            "code": "text",
            "name": "text",
            "township": "text",
            "type": "text",
            "longitude": "float8",
            "latitude": "float8",
        },
        key=("code",),
        existing="""
            SELECT v.id, v.code, v.name, u.code AS township, v.type, v.longitude, v.latitude
            FROM registry_village v JOIN registry_unit u ON u.id = v.township_id""",
        writes=(
            """INSERT INTO registry_village (code, name, township_id, type, longitude, latitude)
               SELECT d.code, d.name, u.id, d.type, d.longitude, d.latitude
               FROM {diff} d JOIN registry_unit u ON u.code = d.township WHERE d.verdict = 'new'""",
            """UPDATE registry_village v SET name = d.name, township_id = u.id, type = d.type,
                      longitude = d.longitude, latitude = d.latitude
               FROM {diff} d JOIN registry_unit u ON u.code = d.township
               WHERE v.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)


def seal_contact(row: dict[str, Any], owner: str) -> None:
    """Phone and ID number leave the row: sealed for this owner, and hashed to be found again."""
    phone, number = row.pop("phone", ""), row.pop("id_number", "")
    if phone:
        row["phone"] = seal(phone, f"{owner}:{row['code']}:phone")
        row["phone_hash"] = keyed_hash(phone, "phone")
        row["phone_tail_hash"] = keyed_hash(phone[-4:], "phone_tail")
    if number:
        row["id_number"] = seal(number, f"{owner}:{row['code']}:id_number")
        row["id_number_hash"] = keyed_hash(number, "id_number")


def add_letters(row: dict[str, Any], name: str) -> None:
    """What `registry.name_search` looks in. Kept beside the name, since it costs too much to reckon each time."""
    if row.get(name):
        row["pinyin"] = letters(row[name])


def _prepare_cadre(row: dict[str, Any]) -> None:
    seal_contact(row, "cadre")
    add_letters(row, "name")


def _prepare_household(row: dict[str, Any]) -> None:
    seal_contact(row, "household")
    add_letters(row, "head_name")


CADRES = Sheet(
    title="干部",
    form=forms.CadreForm,
    key=("code",),
    key_fault_at="code",
    defines="cadre",
    refers={"unit": "unit"},
    rules=(ends_after_begin("joined_on", "left_on"), rules.account_is_free),
    prepare=_prepare_cadre,
    derived={"phone_hash": "phone", "pinyin": "name"},
    merge=Merge(
        name="cadre",
        columns={
            "code": "text",
            "name": "text",
            "pinyin": "text",
            "unit": "text",
            "rank": "text",
            "is_leadership": "bool",
            "phone": "bytea",
            "phone_hash": "bytea",
            "joined_on": "date",
            "left_on": "date",
        },
        key=("code",),
        not_compared=frozenset({"phone", "pinyin"}),
        existing="""
            SELECT c.id, c.code, c.name, c.pinyin, u.code AS unit, s.rank, c.is_leadership,
                   c.phone_sealed AS phone, c.phone_hash, c.joined_on, c.left_on
            FROM registry_cadre c
            JOIN (SELECT DISTINCT ON (cadre_id) cadre_id, unit_id, rank FROM registry_post
                  WHERE kind = 'standing' ORDER BY cadre_id, begins_on DESC NULLS LAST) s ON s.cadre_id = c.id
            JOIN registry_unit u ON u.id = s.unit_id""",
        writes=(
            """INSERT INTO accounts_user (username, name, password, is_active, is_superuser, email, created_at)
               SELECT code, name, '!' || md5(random()::text), true, false, '', %(now)s
               FROM {diff} WHERE verdict = 'new'""",
            """INSERT INTO registry_cadre
                   (code, user_id, name, pinyin, is_leadership, phone_sealed, phone_hash, joined_on, left_on)
               SELECT d.code, a.id, d.name, d.pinyin, d.is_leadership, d.phone, d.phone_hash, d.joined_on, d.left_on
               FROM {diff} d JOIN accounts_user a ON a.username = d.code WHERE d.verdict = 'new'""",
            """INSERT INTO registry_post (cadre_id, unit_id, rank, kind)
               SELECT c.id, u.id, d.rank, 'standing' FROM {diff} d JOIN registry_cadre c ON c.code = d.code
               JOIN registry_unit u ON u.code = d.unit WHERE d.verdict = 'new'""",
            """UPDATE registry_cadre c SET name = d.name, pinyin = d.pinyin, is_leadership = d.is_leadership,
                      phone_sealed = d.phone, phone_hash = d.phone_hash,
                      joined_on = d.joined_on, left_on = d.left_on
               FROM {diff} d WHERE c.id = d.existing_id AND d.verdict = 'changed'""",
            """UPDATE accounts_user a SET name = d.name FROM {diff} d
               WHERE a.username = d.code AND a.name <> d.name AND d.verdict = 'changed'""",
            """INSERT INTO registry_post (cadre_id, unit_id, rank, kind, begins_on)
               SELECT d.existing_id, u.id, d.rank, 'standing', %(on)s
               FROM {diff} d JOIN registry_unit u ON u.code = d.unit
               JOIN LATERAL (SELECT unit_id, rank FROM registry_post
                             WHERE cadre_id = d.existing_id AND kind = 'standing'
                             ORDER BY begins_on DESC NULLS LAST LIMIT 1) s
                 ON (s.unit_id, s.rank) IS DISTINCT FROM (u.id, d.rank::varchar)
               WHERE d.verdict = 'changed'
               ON CONFLICT (cadre_id, begins_on) WHERE kind = 'standing'
               DO UPDATE SET unit_id = excluded.unit_id, rank = excluded.rank""",
        ),
    ),
)

VILLAGE_LINKS = Sheet(
    title="单位包村",
    form=forms.VillageLinkForm,
    key=("unit", "village", "begins_on"),
    key_fault_at="village",
    refers={"unit": "unit", "village": "village"},
    rules=(ends_after_begin(),),
    merge=Merge(
        name="village_link",
        columns={"unit": "text", "village": "text", **_DAYS},
        key=("unit", "village", "begins_on"),
        existing="""
            SELECT l.id, u.code AS unit, v.code AS village, l.begins_on, l.ends_on
            FROM registry_villagelink l JOIN registry_unit u ON u.id = l.unit_id
            JOIN registry_village v ON v.id = l.village_id""",
        writes=(
            """INSERT INTO registry_villagelink (unit_id, village_id, begins_on, ends_on)
               SELECT u.id, v.id, d.begins_on, d.ends_on FROM {diff} d
               JOIN registry_unit u ON u.code = d.unit JOIN registry_village v ON v.code = d.village
               WHERE d.verdict = 'new'""",
            """UPDATE registry_villagelink l SET ends_on = d.ends_on
               FROM {diff} d WHERE l.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

LEADER_LINKS = Sheet(
    title="领导包联",
    form=forms.LeaderLinkForm,
    key=("leader", "unit", "begins_on"),
    key_fault_at="unit",
    refers={"leader": "cadre", "unit": "unit"},
    rules=(ends_after_begin(),),
    hints=(rules.leader_is_a_county_leader,),
    merge=Merge(
        name="leader_link",
        columns={"leader": "text", "unit": "text", **_DAYS},
        key=("leader", "unit", "begins_on"),
        existing="""
            SELECT l.id, c.code AS leader, u.code AS unit, l.begins_on, l.ends_on
            FROM registry_leaderlink l JOIN registry_cadre c ON c.id = l.leader_id
            JOIN registry_unit u ON u.id = l.unit_id""",
        writes=(
            """INSERT INTO registry_leaderlink (leader_id, unit_id, begins_on, ends_on)
               SELECT c.id, u.id, d.begins_on, d.ends_on FROM {diff} d
               JOIN registry_cadre c ON c.code = d.leader JOIN registry_unit u ON u.code = d.unit
               WHERE d.verdict = 'new'""",
            """UPDATE registry_leaderlink l SET ends_on = d.ends_on
               FROM {diff} d WHERE l.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

TERMS = Sheet(
    title="任职",
    form=forms.TermForm,
    key=("cadre", "begins_on"),
    key_fault_at="cadre",
    refers={"cadre": "cadre", "unit": "unit"},
    rules=(ends_after_begin(),),
    claims=(rules.one_post_a_day,),
    merge=Merge(
        name="term",
        columns={"cadre": "text", "unit": "text", "rank": "text", **_DAYS},
        key=("cadre", "begins_on"),
        existing="""
            SELECT p.id, c.code AS cadre, u.code AS unit, p.rank, p.begins_on, p.ends_on
            FROM registry_post p JOIN registry_cadre c ON c.id = p.cadre_id
            JOIN registry_unit u ON u.id = p.unit_id WHERE p.kind = 'term'""",
        writes=(
            # An end moved earlier first makes room for the row that begins after it.
            """UPDATE registry_post p SET unit_id = u.id, rank = d.rank, ends_on = d.ends_on
               FROM {diff} d JOIN registry_unit u ON u.code = d.unit
               WHERE p.id = d.existing_id AND d.verdict = 'changed'""",
            """INSERT INTO registry_post (cadre_id, unit_id, rank, kind, begins_on, ends_on)
               SELECT c.id, u.id, d.rank, 'term', d.begins_on, d.ends_on FROM {diff} d
               JOIN registry_cadre c ON c.code = d.cadre JOIN registry_unit u ON u.code = d.unit
               WHERE d.verdict = 'new'""",
        ),
    ),
)

LEAVES = Sheet(
    title="请假",
    form=forms.LeaveForm,
    key=("cadre", "begins_on"),
    key_fault_at="cadre",
    refers={"cadre": "cadre"},
    rules=(ends_after_begin(),),
    merge=Merge(
        name="leave",
        columns={"cadre": "text", **_DAYS, "reason": "text"},
        key=("cadre", "begins_on"),
        existing="""
            SELECT l.id, c.code AS cadre, l.begins_on, l.ends_on, l.reason
            FROM registry_leave l JOIN registry_cadre c ON c.id = l.cadre_id""",
        writes=(
            """INSERT INTO registry_leave (cadre_id, begins_on, ends_on, reason)
               SELECT c.id, d.begins_on, d.ends_on, d.reason
               FROM {diff} d JOIN registry_cadre c ON c.code = d.cadre WHERE d.verdict = 'new'""",
            """UPDATE registry_leave l SET ends_on = d.ends_on, reason = d.reason
               FROM {diff} d WHERE l.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

_MARKS = ("is_party_member", "is_village_cadre", "is_registered_poor", "is_hardship")
_PLAIN = ("people_count", "kind", *_MARKS, "hardship_reason", "income_sources", "address")
_HOUSEHOLD_PLAIN = ", ".join(_PLAIN)

HOUSEHOLDS = Sheet(
    title="户",
    form=forms.HouseholdForm,
    key=("code",),
    key_fault_at="code",
    defines="household",
    refers={"village": "village", "former_unit": "unit", "family_cadre": "cadre"},
    rules=(rules.holders_fit_changed_household,),
    prepare=_prepare_household,
    derived={
        "pinyin": "head_name",
        "phone_hash": "phone",
        "phone_tail_hash": "phone",
        "id_number_hash": "id_number",
    },
    merge=Merge(
        name="household",
        columns={
            "code": "text",
            "village": "text",
            "group": "text",
            "head_name": "text",
            "pinyin": "text",
            "phone": "bytea",
            "phone_hash": "bytea",
            "phone_tail_hash": "bytea",
            "id_number": "bytea",
            "id_number_hash": "bytea",
            "people_count": "int2",
            "kind": "text",
            "former_unit": "text",
            "family_cadre": "text",
            **dict.fromkeys(_MARKS, "bool"),
            "hardship_reason": "text",
            "income_sources": "text",
            "address": "text",
            "longitude": "float8",
            "latitude": "float8",
        },
        key=("code",),
        not_compared=frozenset({"phone", "id_number", "pinyin"}),
        keeps=True,
        existing=f"""
            SELECT h.id, h.code, v.code AS village, h."group", h.head_name, h.pinyin, h.phone_sealed AS phone,
                   h.phone_hash, h.phone_tail_hash, h.id_number_sealed AS id_number, h.id_number_hash,
                   {", ".join(f"h.{name}" for name in _PLAIN)}, h.longitude, h.latitude,
                   coalesce(u.code, '') AS former_unit, coalesce(c.code, '') AS family_cadre,
                   h.erased_at IS NOT NULL AS kept
            FROM registry_household h JOIN registry_village v ON v.id = h.village_id
            LEFT JOIN registry_unit u ON u.id = h.former_unit_id
            LEFT JOIN registry_cadre c ON c.id = h.family_cadre_id""",
        writes=(
            f"""INSERT INTO registry_household
                    (code, village_id, "group", head_name, pinyin, phone_sealed, phone_hash, phone_tail_hash,
                     id_number_sealed, id_number_hash, former_unit_id, family_cadre_id,
                     {_HOUSEHOLD_PLAIN}, longitude, latitude)
                SELECT d.code, v.id, d."group", d.head_name, d.pinyin, d.phone, d.phone_hash, d.phone_tail_hash,
                       d.id_number, d.id_number_hash, u.id, c.id,
                       {", ".join(f"d.{name}" for name in _PLAIN)}, d.longitude, d.latitude
                FROM {{diff}} d JOIN registry_village v ON v.code = d.village
                LEFT JOIN registry_unit u ON u.code = d.former_unit
                LEFT JOIN registry_cadre c ON c.code = d.family_cadre WHERE d.verdict = 'new'""",
            f"""UPDATE registry_household h
                SET village_id = v.id, "group" = d."group", head_name = d.head_name, pinyin = d.pinyin,
                    phone_sealed = d.phone,
                    phone_hash = d.phone_hash, phone_tail_hash = d.phone_tail_hash,
                    id_number_sealed = d.id_number, id_number_hash = d.id_number_hash,
                    former_unit_id = u.id, family_cadre_id = c.id,
                    {", ".join(f"{name} = d.{name}" for name in _PLAIN)},
                    longitude = d.longitude, latitude = d.latitude
                FROM {{diff}} d JOIN registry_village v ON v.code = d.village
                LEFT JOIN registry_unit u ON u.code = d.former_unit
                LEFT JOIN registry_cadre c ON c.code = d.family_cadre
                WHERE h.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

PAIRINGS = Sheet(
    title="结对",
    form=forms.PairingForm,
    key=("cadre", "household", "begins_on"),
    key_fault_at="household",
    refers={"cadre": "cadre", "household": "household"},
    rules=(ends_after_begin(), rules.holder_fits_household),
    claims=(rules.one_holder_a_day,),
    merge=Merge(
        name="pairing",
        columns={"cadre": "text", "household": "text", **_DAYS},
        key=("cadre", "household", "begins_on"),
        existing="""
            SELECT p.id, c.code AS cadre, h.code AS household, p.begins_on, p.ends_on
            FROM registry_pairing p JOIN registry_cadre c ON c.id = p.cadre_id
            JOIN registry_household h ON h.id = p.household_id""",
        writes=(
            """UPDATE registry_pairing p SET ends_on = d.ends_on
               FROM {diff} d WHERE p.id = d.existing_id AND d.verdict = 'changed'""",
            """INSERT INTO registry_pairing (cadre_id, household_id, begins_on, ends_on)
               SELECT c.id, h.id, d.begins_on, d.ends_on FROM {diff} d
               JOIN registry_cadre c ON c.code = d.cadre JOIN registry_household h ON h.code = d.household
               WHERE d.verdict = 'new'""",
        ),
    ),
)


def _role_place(row: Values) -> str:
    return next((name for name in ("village", "unit") if row.get(name)), "cadre")


ROLE_GRANTS = Sheet(
    title="账号角色",
    form=forms.RoleGrantForm,
    key=("cadre", "role", "unit", "village", "begins_on"),
    key_fault_at=_role_place,
    refers={"cadre": "cadre", "unit": "unit", "village": "village"},
    rules=(ends_after_begin(), rules.role_has_its_place),
    merge=Merge(
        name="role_grant",
        columns={"cadre": "text", "role": "text", "unit": "text", "village": "text", **_DAYS},
        key=("cadre", "role", "unit", "village", "begins_on"),
        existing="""
            SELECT g.id, c.code AS cadre, g.role, coalesce(u.code, '') AS unit,
                   coalesce(v.code, '') AS village, g.begins_on, g.ends_on
            FROM registry_rolegrant g JOIN registry_cadre c ON c.id = g.cadre_id
            LEFT JOIN registry_unit u ON u.id = g.unit_id LEFT JOIN registry_village v ON v.id = g.village_id""",
        writes=(
            """INSERT INTO registry_rolegrant (cadre_id, role, unit_id, village_id, begins_on, ends_on)
               SELECT c.id, d.role, u.id, v.id, d.begins_on, d.ends_on
               FROM {diff} d JOIN registry_cadre c ON c.code = d.cadre
               LEFT JOIN registry_unit u ON u.code = d.unit
               LEFT JOIN registry_village v ON v.code = d.village WHERE d.verdict = 'new'""",
            """UPDATE registry_rolegrant g SET ends_on = d.ends_on
               FROM {diff} d WHERE g.id = d.existing_id AND d.verdict = 'changed'""",
        ),
    ),
)

# The order rows are written in: what is named comes before what names it.
REGISTRY = (
    UNITS,
    VILLAGES,
    CADRES,
    VILLAGE_LINKS,
    LEADER_LINKS,
    TERMS,
    LEAVES,
    HOUSEHOLDS,
    PAIRINGS,
    ROLE_GRANTS,
)
