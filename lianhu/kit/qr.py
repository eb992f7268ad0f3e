"""QR codes on paper and screen: drawn here, asked of no other site."""

import segno


def qr_svg(text: str) -> str:
    """An SVG that takes the width of its box; 15 % of it may be smudged (level M)."""
    return str(segno.make(text, error="m", micro=False).svg_inline(omitsize=True, border=0))
