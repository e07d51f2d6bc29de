"""Reference data: agencies, categories, regions and terms, with pages from the snapshot."""

from typing import Any

import pytest

from complaints.knowledge import Knowledge
from complaints.policy import ANYONE
from rules.vocabulary import AgencyLevel, TermKind
from tests.graph.support import Ask, gid


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


async def test_agency_tells_what_it_is_and_who_is_above_and_below(ask: Ask, knowledge: Knowledge) -> None:
    answer = await ask(
        ANYONE,
        """query($id: ID!) { node(id: $id) { ... on Agency {
             code name shortName level connection regionCode validFrom validTo parent { code } units { code level }
             successors { code } } } }""",
        id=gid("Agency", knowledge.agency_ids["KOTA_SEMARANG"]),
    )

    city = answer.data["node"]
    assert {unit["level"] for unit in city["units"]} == {"UNIT"}
    assert "KOTA_SEMARANG.DPU" in [unit["code"] for unit in city["units"]]
    del city["units"]
    assert city == {
        "code": "KOTA_SEMARANG",
        "name": "Pemerintah Kota Semarang",
        "shortName": "Pemkot Semarang",
        "level": "CITY",
        "connection": "FULL",
        "regionCode": "33.74",
        "validFrom": None,
        "validTo": None,
        "parent": {"code": "PROV_JATENG"},
        "successors": [],
    }


@pytest.mark.parametrize(
    ("search", "first"),
    [("PLN", "PLN"), ("Perusahaan Listrik Negara", "PLN"), ("pemkot semarang", "KOTA_SEMARANG"), ("BPN", "ATR_BPN")],
)
async def test_agency_is_found_by_name_short_name_and_alias(search: str, first: str, ask: Ask) -> None:
    answer = await ask(ANYONE, "query($s: String!) { agencies(search: $s) { edges { node { code } } } }", s=search)

    assert first in [node["code"] for node in nodes(answer.data["agencies"])]


@pytest.mark.parametrize("search", ["", "   ", "zzzzzz", "%", "'", "\\"])
async def test_search_that_names_nobody_finds_nobody(search: str, ask: Ask) -> None:
    answer = await ask(ANYONE, "query($s: String!) { agencies(search: $s) { totalCount } }", s=search)

    assert answer.data == {"agencies": {"totalCount": 0}}


async def test_agencies_by_level_and_parent(ask: Ask, knowledge: Knowledge) -> None:
    answer = await ask(
        ANYONE,
        """query($id: ID!) {
          cities: agencies(level: CITY, first: 100) { totalCount edges { node { level } } }
          units: agencies(parentId: $id, first: 100) { totalCount edges { node { parent { code } } } }
        }""",
        id=gid("Agency", knowledge.agency_ids["KOTA_SEMARANG"]),
    )

    cities = [row for row in knowledge.agency_rows.values() if row.level is AgencyLevel.CITY]
    assert answer.data["cities"]["totalCount"] == len(nodes(answer.data["cities"])) == len(cities)
    assert {node["level"] for node in nodes(answer.data["cities"])} == {"CITY"}
    assert {node["parent"]["code"] for node in nodes(answer.data["units"])} == {"KOTA_SEMARANG"}


async def test_agency_that_ended_is_listed_only_when_asked_for_and_names_its_successors(ask: Ask) -> None:
    document = """query($ended: Boolean!) { agencies(search: "Kominfo", includeEnded: $ended) {
        edges { node { code validTo successors { code } } } } }"""

    without = nodes((await ask(ANYONE, document, ended=False)).data["agencies"])
    with_ended = nodes((await ask(ANYONE, document, ended=True)).data["agencies"])

    ended = {"code": "KOMINFO", "validTo": "2024-10-21", "successors": [{"code": "KOMDIGI"}]}
    assert ended not in without
    assert ended in with_ended


async def walked(ask: Ask, field: str, size: str, cursor: str, name: str) -> list[str]:
    """All pages of seven, put together again in listing order."""
    end, has_more = ("endCursor", "hasNextPage") if size == "first" else ("startCursor", "hasPreviousPage")
    document = f"""query($n: Int, $at: String) {{ page: {field}({size}: $n, {cursor}: $at) {{
        edges {{ node {{ {name} }} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    rows: list[str] = []
    at = None
    for _ in range(200):
        page = (await ask(ANYONE, document, n=37, at=at)).data["page"]
        found = [node[name] for node in nodes(page)]
        rows = [*rows, *found] if size == "first" else [*found, *rows]
        if not page["pageInfo"][has_more]:
            return rows
        at = page["pageInfo"][end]
    raise AssertionError("the list has no end")


@pytest.mark.parametrize(("field", "name"), [("agencies", "name"), ("categories", "code")])
async def test_pages_meet_every_row_once_in_order_both_ways(field: str, name: str, ask: Ask) -> None:
    forward = await walked(ask, field, "first", "after", name)
    backward = await walked(ask, field, "last", "before", name)

    total = (await ask(ANYONE, f"{{ {field} {{ totalCount }} }}")).data[field]["totalCount"]
    assert (len(forward), forward) == (total, backward)
    if field == "categories":
        assert forward == sorted(forward)


@pytest.mark.parametrize("field", ["agencies", "categories"])
@pytest.mark.parametrize("bad", ["***", "", "é", "eA=="])
async def test_cursor_we_did_not_make_is_named(field: str, bad: str, ask: Ask) -> None:
    answer = await ask(ANYONE, f"query($at: String) {{ {field}(after: $at) {{ totalCount }} }}", at=bad)

    assert answer.codes == ["INVALID"]
    assert answer.errors[0]["extensions"]["problems"][0]["code"] == "BAD_CURSOR"


@pytest.mark.parametrize("field", ["agencies", "categories"])
@pytest.mark.parametrize(
    ("given", "code"),
    [("first: 0", "OUT_OF_RANGE"), ("last: 101", "OUT_OF_RANGE"), ("first: 1, last: 1", "ONE_DIRECTION")],
)
async def test_impossible_page_is_named(field: str, given: str, code: str, ask: Ask) -> None:
    answer = await ask(ANYONE, f"{{ {field}({given}) {{ totalCount }} }}")

    assert answer.errors[0]["extensions"]["problems"][0]["code"] == code


async def test_categories_are_a_tree(ask: Ask, knowledge: Knowledge) -> None:
    answer = await ask(
        ANYONE,
        """query($id: ID!) {
          topics: categories(level: 1, first: 100) { edges { node { level parent { code } children { level } } } }
          below: categories(parentId: $id, first: 100) { edges { node { code parent { code } } } }
        }""",
        id=gid("Category", knowledge.category_ids["PUPR"]),
    )

    topics = nodes(answer.data["topics"])
    assert {(node["level"], node["parent"]) for node in topics} == {(1, None)}
    assert {child["level"] for node in topics for child in node["children"]} == {2}
    below = nodes(answer.data["below"])
    assert "PUPR.INFRASTRUKTUR_JALAN" in [node["code"] for node in below]
    assert {node["parent"]["code"] for node in below} == {"PUPR"}


async def test_regions_begin_with_the_provinces(ask: Ask) -> None:
    answer = await ask(ANYONE, "{ regions { code kind } }")

    regions = answer.data["regions"]
    assert {region["kind"] for region in regions} == {"PROVINCE"}
    assert {"code": "33", "kind": "PROVINCE"} in regions
    assert len(regions) == 38


async def test_regions_below_a_parent(ask: Ask) -> None:
    answer = await ask(ANYONE, '{ regions(parent: "33.74") { code kind children { code } } }')

    regions = answer.data["regions"]
    assert len(regions) == 16
    assert {region["kind"] for region in regions} == {"DISTRICT"}
    assert all(region["code"].startswith("33.74.") for region in regions)


async def test_region_is_found_by_name(ask: Ask) -> None:
    answer = await ask(ANYONE, '{ regions(search: "semarang") { code name kind } }')

    assert {"code": "33.74", "name": "Kota Semarang", "kind": "CITY"} in answer.data["regions"]
    assert len(answer.data["regions"]) <= 100


async def test_unknown_parent_is_named(ask: Ask) -> None:
    answer = await ask(ANYONE, '{ regions(parent: "00") { code } }')

    assert answer.codes == ["INVALID"]
    problems = answer.errors[0]["extensions"]["problems"]
    assert [(problem["field"], problem["code"]) for problem in problems] == [("parent", "UNKNOWN_REGION")]


@pytest.mark.parametrize("kind", TermKind)
async def test_every_list_has_labels_in_both_languages(kind: TermKind, ask: Ask, knowledge: Knowledge) -> None:
    answer = await ask(
        ANYONE, "query($kind: TermKind!) { terms(kind: $kind) { kind code label labelEn } }", kind=kind.name
    )

    terms = answer.data["terms"]
    assert {term["kind"] for term in terms} == {kind.name}
    assert {term["code"] for term in terms} == knowledge.terms[kind]
    assert all(term["label"] and term["labelEn"] for term in terms)


async def test_terms_keep_their_own_order(ask: Ask) -> None:
    answer = await ask(ANYONE, "{ terms(kind: DEFER_REASON) { code label } }")

    assert answer.data["terms"][0] == {"code": "BUTUH_KETERANGAN", "label": "Butuh keterangan tambahan pelapor"}
