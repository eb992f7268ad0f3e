"""Where villages lie on the map."""

from registry.models import Village
from reports.dashboards.places import draw


def at(longitude, latitude):
    return Village(name="村", longitude=longitude, latitude=latitude)


def test_without_a_position_there_is_no_drawing():
    assert draw([]) is None
    assert draw([at(None, None), at(103.5, None), at(103.5, 89.0)]) is None


def test_east_is_right_and_north_is_up_and_all_lie_within():
    drawing = draw([at(103.0, 32.0), at(104.0, 32.0), at(103.0, 33.0)])
    first, east, north = drawing.spots
    assert east.x > first.x
    assert east.y == first.y
    assert north.y < first.y
    assert north.x == first.x
    assert all(0 < spot.x < drawing.width and 0 < spot.y < drawing.height for spot in drawing.spots)
    assert drawing.width <= 900
    assert drawing.height <= 640
    assert drawing.tiles == []


def test_one_village_alone_is_drawn():
    assert draw([at(103.0, 32.0)]).box == "0 0 120 120"


def test_tiles_lie_below_the_spots_and_cover_the_drawing():
    drawing = draw([at(103.0, 32.0), at(103.4, 32.2)], "https://tiles.example/{z}/{x}/{y}.png")
    assert all(tile.url.startswith("https://tiles.example/") for tile in drawing.tiles)
    assert min(tile.x for tile in drawing.tiles) <= 0
    assert max(tile.x for tile in drawing.tiles) + 256 >= drawing.width
    assert max(tile.y for tile in drawing.tiles) + 256 >= drawing.height
