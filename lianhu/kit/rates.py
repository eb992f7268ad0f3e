"""Shares in percent: one decimal, half up, and none from so few that it tells of persons (contract, section 0)."""

SMALLEST_FOR_A_RATE = 5


def rate(part: int, whole: int) -> str:
    """Empty where the count itself has to be shown."""
    if whole < SMALLEST_FOR_A_RATE:
        return ""
    return f"{(2000 * part + whole) // (2 * whole) / 10:.1f} %"
