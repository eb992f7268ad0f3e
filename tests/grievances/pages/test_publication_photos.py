"""Choosing a photo for the public and blacking it out, by numbers as by hand."""

import io
import re

import pytest
from PIL import Image

from grievances import publication
from grievances.models import PublicPhoto
from tests import county, photos
from tests.grievances import ledger
from tests.grievances.ledger import A, S
from tests.pages import Page
from visits.kept_files import photo_storage

pytestmark = pytest.mark.django_db
HALF = {"left": ["0", ""], "top": ["0", ""], "width": ["50", ""], "height": ["100", ""]}


@pytest.fixture
def people(on_day, settings, tmp_path):
    on_day("2026-06-15")
    photos.use_folder(settings, tmp_path)
    return county.build()


@pytest.fixture
def photo(people):
    return photos.kept(county.add_visit(people.cadre, people.household, "2026-06-14"))


@pytest.fixture
def made(people, photo):
    made = ledger.matter(people, S.CLOSED, visit=photo.visit)
    ledger.public_text(made, people.branch)
    return made


@pytest.fixture
def branch(people, signed_in):
    return signed_in(people.branch)


def at(made, query=""):
    return f"/grievances/{made.number}/public/photos/{query}"


def choose(client, made, photo, **more):
    said = {"of": f"photo-{photo.pk}", "description": "修好的管道"} | HALF | more
    return client.post(at(made), said, follow=True)


def test_the_page_offers_the_photos_of_the_visit(made, photo, branch):
    answer = branch.get(at(made))
    assert Page(answer).statement == "还没有选照片，可以不放"
    assert f'href="?of=photo-{photo.pk}"' in answer.content.decode()


def test_a_photo_is_blacked_out_by_numbers_and_shown_as_the_public_will_see_it(made, photo, branch):
    page = Page(choose(branch, made, photo))
    assert page.statement == "公示 1 张照片"
    assert "要重新确认" in page.words
    chosen = PublicPhoto.objects.get()
    shown = branch.get(f"/publication-photos/{chosen.pk}/")
    picture = Image.open(io.BytesIO(b"".join(shown.streaming_content))).convert("RGB")
    assert max(picture.getpixel((10, 20))) < 12
    assert (
        f"/publication-photos/{chosen.pk}/"
        in branch.get(f"/grievances/{made.number}/public/preview/").content.decode()
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"width": ["101", ""]}, "第 1 块写得不对"),
        ({"width": ["50"], "left": ["60"], "top": ["0"], "height": ["5"]}, "第 1 块写得不对"),
        ({"height": ["0", ""]}, "第 1 块写得不对"),
        ({"left": ["-1", ""]}, "第 1 块写得不对"),
        ({"left": ["x", ""]}, "第 1 块写得不对"),
        ({"left": ["1e999999", ""]}, "第 1 块写得不对"),
        ({"left": ["NaN", ""]}, "第 1 块写得不对"),
        ({"left": ["", "1"], "top": ["0"], "width": ["5"], "height": ["5"]}, "写得不对"),
        ({side: [""] for side in HALF}, "还没有遮住任何地方"),
        ({"description": ""}, "必填"),
    ],
)
def test_what_is_no_box_is_told_and_every_value_kept(made, photo, branch, changed, told):
    answer = choose(branch, made, photo, **changed)
    assert answer.status_code == 422
    assert told in Page(answer).words
    if changed.get("left") == ["x", ""]:
        assert re.search(r'name="left" value="x"', answer.content.decode())
    assert not PublicPhoto.objects.exists()


def test_that_nothing_is_to_be_hidden_is_said_by_a_person(made, photo, branch):
    page = Page(choose(branch, made, photo, nothing="on", **{side: [""] for side in HALF}))
    assert page.statement == "公示 1 张照片"


def test_painted_again_from_the_boxes_of_before(made, photo, branch):
    choose(branch, made, photo)
    first = PublicPhoto.objects.get()
    body = branch.get(at(made, f"?again={first.pk}")).content.decode()
    assert re.findall(r'name="(?:left|top|width|height)" value="([^"]+)"', body) == ["0", "0", "50", "100"]
    branch.post(at(made), {"again": first.pk, "description": "管道"} | HALF)
    assert PublicPhoto.objects.get().pk != first.pk


def test_a_photo_taken_away_is_gone(made, photo, branch):
    choose(branch, made, photo)
    chosen = PublicPhoto.objects.get()
    for _ in range(2):
        page = Page(branch.post(at(made), {"remove": chosen.pk}, follow=True))
        assert page.statement == "还没有选照片，可以不放"


def test_a_photo_of_another_matter_is_not_there(people, made, photo, branch):
    other = photos.kept(county.add_visit(people.stranger, people.other_household, "2026-06-14"))
    assert branch.get(at(made, f"?of=photo-{other.pk}")).status_code == 404
    assert choose(branch, made, other).status_code == 404
    for query in ("?again=x", f"?again={other.pk}", "?of=x"):
        assert branch.get(at(made, query)).status_code == 404, query
    assert branch.post(at(made), {"remove": "x"}).status_code == 404
    assert branch.post(at(made), {}).status_code == 404


def test_the_painted_photo_before_it_is_up_is_for_those_who_prepare_it(
    people, made, photo, branch, signed_in
):
    choose(branch, made, photo)
    address = f"/publication-photos/{PublicPhoto.objects.get().pk}/"
    for name in ("cadre", "unit_leader", "stranger_branch"):
        assert signed_in(getattr(people, name)).get(address).status_code == 404, name


def test_the_public_gets_it_while_the_notice_is_up(people, made, photo, branch, client):
    choose(branch, made, photo)
    address = f"/public/photos/{PublicPhoto.objects.get().pk}/"
    assert client.get(address).status_code == 404
    text = publication.standing(made)
    publication.confirm(made.pk, seen=publication.fingerprint(text), by=people.branch.user)
    ledger.take(made, A.PUBLISH, people.township_liaison)
    answer = client.get(address)
    assert answer.status_code == 200
    with photo_storage().open(photo.file) as original:
        assert b"".join(answer.streaming_content) != original.read()
    ledger.take(made, A.REOPEN, people.township_liaison, reason="再修")
    assert client.get(address).status_code == 404


def test_without_a_text_there_is_nothing_to_put_a_photo_to(people, photo, branch):
    made = ledger.matter(people, S.CLOSED, visit=photo.visit)
    assert branch.get(at(made))["Location"] == f"/grievances/{made.number}/public/"
