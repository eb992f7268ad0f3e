"""我要反映 as a poster for the village's board: its QR code leads to the village's own form (contract, section 4)."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from lianhu.kit.qr import qr_svg
from registry.models import Village


@login_required
@require_safe
def poster(request: HttpRequest, village: str) -> HttpResponse:
    place = get_object_or_404(
        Village.objects.visible_to(request.user).select_related("township"), code=village
    )
    address = f"{settings.SITE_URL}{reverse('public_file_village', args=[place.code])}"
    case = f"{settings.SITE_URL}{reverse('public_case')}"
    context = {"village": place, "address": address, "qr": qr_svg(address), "case": case}
    return render(request, "matters/poster.html", context)
