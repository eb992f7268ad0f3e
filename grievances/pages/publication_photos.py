"""公示照片: choose one, black out what must be hidden, see it as the public will (contract, section 4)."""

import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from grievances import public_photos, publication
from grievances.hands import Hand
from grievances.models import Grievance, PublicPhoto
from grievances.pages.matter import log_reading, visible_matter
from grievances.pages.publication import hand_at_desk
from grievances.public_photos import Box, Source
from lianhu.kit import clock, fields
from lianhu.kit.handing_out import shown_photo
from lianhu.kit.images import NotAPhoto
from visits.kept_files import photo_storage
from visits.photos import StorageFull

MOST_BOXES = 20
# Rows to be filled in by whoever has no JavaScript, or no pointer.
EMPTY_ROWS = 3
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?")
SIDES = ("left", "top", "width", "height")


class BoxesForm(forms.Form):
    """Where the black is, in percent of the photo's sides; and what the picture shows."""

    description = fields.TextField(
        label="图片说明", max_length=100, help_text="照片上是什么，读屏的人听到的就是这句话"
    )
    nothing = fields.FlagField(label="我看过了，这张照片上没有要遮住的", required=False)

    def __init__(self, data: QueryDict | None = None, *, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.rows: list[tuple[str, ...]] = list(self.initial.get("rows", []))
        if data is not None:
            columns = [data.getlist(side)[:MOST_BOXES] for side in SIDES]
            self.rows = [row for row in zip_longest(*columns, fillvalue="") if any(map(str.strip, row))]
        self.boxes: list[Box] = []

    def clean(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            box = _box(row)
            if box is None:
                self.add_error(
                    None, f"第 {number} 块写得不对：左、上、宽、高都填 0 到 100 的数，不能超出照片"
                )
            else:
                self.boxes.append(box)
        if not self.rows and not self.cleaned_data.get("nothing"):
            self.add_error(None, "还没有遮住任何地方：请遮住人脸、姓名、电话、门牌和车牌；确实没有，请勾选")

    @property
    def blank_rows(self) -> range:
        return range(EMPTY_ROWS)


def _box(row: tuple[str, ...]) -> Box | None:
    """Thousandths, from percents with one decimal; None for what is no rectangle of the photo."""
    said = [fields.fold(each) for each in row]
    if not all(_PERCENT.fullmatch(each) for each in said):
        return None
    left, top, width, height = (int(Decimal(each) * 10) for each in said)
    inside = left + width <= 1000 and top + height <= 1000
    return (left, top, width, height) if inside and width and height else None


def _percents(boxes: list[list[int]]) -> list[tuple[str, ...]]:
    return [tuple(f"{each / 10:g}" for each in box) for box in boxes]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def publication_photos(request: HttpRequest, number: str) -> HttpResponse:
    """The photos of the notice and those to choose from; with `?of=`, the one that is being blacked out."""
    found = visible_matter(request, number)
    hand = hand_at_desk(request, found)
    if publication.why_not(hand) or publication.standing(found) is None:
        return redirect("publication", number)
    if request.method == "POST":
        return _changed(request, hand)
    with transaction.atomic():
        log_reading(found)
        asked = _asked(hand, request.GET)
        if asked is None:
            return _list(request, hand)
        source, painted = asked
        form = BoxesForm(initial=_initial(painted))
        return _black_out(request, hand, source, painted, form)


def _asked(hand: Hand, said: Mapping[str, Any]) -> tuple[Source, PublicPhoto | None] | None:
    """Which photo is meant: `of` names a source, `again` one that was painted before."""
    word, again = said.get("of", ""), said.get("again", "")
    if not word and not again:
        return None
    painted = _painted(hand.matter, again) if again else None
    sources = public_photos.sources(hand.matter, hand.user)
    for source in sources:
        if source.word == word or (painted and source.row.pk in {painted.photo_id, painted.attachment_id}):
            return source, painted
    raise Http404


def _painted(matter: Grievance, word: str) -> PublicPhoto:
    try:
        pk = uuid.UUID(word)
    except ValueError:
        raise Http404 from None
    return get_object_or_404(PublicPhoto, pk=pk, publication=publication.standing(matter))


def _initial(painted: PublicPhoto | None) -> dict[str, Any]:
    if painted is None:
        return {}
    return {
        "description": painted.description,
        "rows": _percents(painted.boxes),
        "nothing": not painted.boxes,
    }


def _changed(request: HttpRequest, hand: Hand) -> HttpResponse:
    if "remove" in request.POST:
        return _remove(request, hand)
    asked = _asked(hand, request.POST)
    if asked is None:
        raise Http404
    source, painted = asked
    form = BoxesForm(request.POST)
    if form.is_valid():
        try:
            public_photos.choose(
                hand.matter.pk,
                source,
                form.boxes,
                form.cleaned_data["description"],
                by=hand.user,
                instead_of=painted.pk if painted else None,
            )
        except PermissionDenied:
            raise Http404 from None
        except ValidationError as error:
            form.add_error(None, error)
        except (NotAPhoto, StorageFull) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "照片已按遮好的样子重新画了一张，请在下面看一遍；文字和照片要重新确认")
            return redirect("publication_photos", hand.matter.number)
    return _black_out(request, hand, source, painted, form, status=422)


def _remove(request: HttpRequest, hand: Hand) -> HttpResponse:
    try:
        pk = uuid.UUID(request.POST.get("remove", ""))
        public_photos.remove(hand.matter.pk, pk, by=hand.user)
    except ValueError:
        raise Http404 from None
    except PermissionDenied:
        raise Http404 from None
    except ValidationError as error:
        messages.warning(request, error.messages[0])
    else:
        messages.success(request, "这张照片不公开了；文字和照片要重新确认")
    return redirect("publication_photos", hand.matter.number)


def _list(request: HttpRequest, hand: Hand) -> HttpResponse:
    text = publication.standing(hand.matter)
    assert text is not None
    chosen = list(text.photos.exclude(file=""))
    taken = {each.photo_id or each.attachment_id for each in chosen}
    context = {
        "matter": hand.matter,
        "chosen": chosen,
        "most": public_photos.A_NOTICE,
        "sources": [
            {"source": each, "small": _address(each, small=True), "taken": each.row.pk in taken}
            for each in public_photos.sources(hand.matter, hand.user)
        ],
    }
    return render(request, "matters/publication_photos.html", context)


def _black_out(
    request: HttpRequest,
    hand: Hand,
    source: Source,
    painted: PublicPhoto | None,
    form: BoxesForm,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "matter": hand.matter,
        "source": source,
        "address": _address(source),
        "painted": painted,
        "form": form,
        "most": MOST_BOXES,
    }
    return render(request, "matters/publication_blackout.html", context, status=status)


def _address(source: Source, *, small: bool = False) -> str:
    """Where the photo itself is shown, to whoever may see the visit or the matter."""
    name = "photo" if source.photo else "matter_file"
    return reverse(f"{name}_small" if small else name, args=[source.row.pk])


@login_required
@require_safe
def publication_photo(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """As the public sees it, for those who prepare the notice."""
    visible = Grievance.objects.visible_to(request.user)
    shown = PublicPhoto.objects.exclude(file="").select_related("publication__grievance")
    photo = get_object_or_404(shown, pk=pk, publication__grievance__in=visible)
    assert request.user.is_authenticated
    if not publication.may_prepare(Hand(photo.publication.grievance, request.user, clock.today())):
        raise Http404
    return shown_photo(photo_storage(), photo.file)
