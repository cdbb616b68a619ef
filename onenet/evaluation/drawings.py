"""Simple scenes, drawn: what they show is known, and they are nobody's photos."""

from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

SIDE_PX = 300

RED, BLUE, YELLOW = (215, 25, 30), (25, 70, 205), (245, 215, 30)
BLACK, WHITE, BROWN, SKIN = (20, 20, 20), (250, 250, 250), (120, 75, 40), (235, 190, 155)
SKY, GRASS, SAND, SNOW = (140, 190, 240), (75, 150, 55), (225, 200, 145), (240, 244, 250)
SEA, NIGHT, ROAD, LEAVES = (30, 105, 165), (12, 14, 40), (95, 95, 100), (35, 100, 40)

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]


class Canvas:
    """A square picture with a ground and a sky, on which things are painted."""

    def __init__(self, sky: Colour, ground: Colour, horizon: int = 140) -> None:
        self.picture = Image.new("RGB", (SIDE_PX, SIDE_PX), sky)
        self._pen = ImageDraw.Draw(self.picture)
        self.box((0, horizon, SIDE_PX, SIDE_PX), ground)

    def box(self, box: Box, colour: Colour) -> None:
        """Paint a rectangle."""
        self._pen.rectangle(box, fill=colour)

    def round(self, box: Box, colour: Colour) -> None:
        """Paint an ellipse."""
        self._pen.ellipse(box, fill=colour)

    def shape(self, colour: Colour, *points: tuple[int, int]) -> None:
        """Paint a polygon."""
        self._pen.polygon(points, fill=colour)

    def ball(self, colour: Colour) -> None:
        """Paint a ball on the ground, with its shadow and a light on it."""
        shadow, light = (40, 60, 40), tuple((level + 2 * 255) // 3 for level in colour)
        self.round((85, 215, 225, 245), shadow)
        self.round((90, 110, 210, 230), colour)
        self.round((115, 130, 140, 155), (light[0], light[1], light[2]))

    def person(self, left: int, foot: int, shirt: Colour, height: int = 120) -> None:
        """Paint somebody who stands."""
        head, arm = height // 5, height // 12
        top, middle = foot - height, left + height // 4
        self.box((middle - 2 * arm, foot - height // 2, middle - 2, foot), (45, 50, 90))
        self.box((middle + 2, foot - height // 2, middle + 2 * arm, foot), (45, 50, 90))
        self.box((middle - 2 * arm, top + head, middle + 2 * arm, foot - height // 2), shirt)
        self.box((middle - 3 * arm, top + head, middle - 2 * arm, foot - height // 2 + arm), shirt)
        self.box((middle + 2 * arm, top + head, middle + 3 * arm, foot - height // 2 + arm), shirt)
        self.round((middle - head // 2, top, middle + head // 2, top + head + 2), SKIN)
        self.round((middle - head // 2, top - 2, middle + head // 2, top + head // 3), BROWN)

    def dog(self, colour: Colour) -> None:
        """Paint a dog from its side."""
        self.round((80, 150, 210, 215), colour)
        for left in (92, 112, 172, 192):
            self.box((left, 195, left + 13, 255), colour)
        self.round((185, 110, 245, 165), colour)
        self.round((220, 132, 265, 162), colour)
        self.shape(colour, (192, 118), (180, 160), (205, 150))
        self.shape(colour, (85, 170), (45, 125), (55, 120), (100, 160))
        self.round((217, 126, 226, 135), (240, 240, 200))

    def tree(self, left: int, foot: int, height: int = 130, leaves: Colour = LEAVES) -> None:
        """Paint a tree."""
        self.box((left + 18, foot - height // 2, left + 32, foot), BROWN)
        self.round((left - 10, foot - height, left + 60, foot - height // 3), leaves)

    def fir(self, left: int, foot: int, height: int = 120) -> None:
        """Paint a fir."""
        for step in range(3):
            top = foot - height + step * height // 4
            self.shape(
                (30, 75, 50), (left + 30, top), (left, top + height // 2), (left + 60, top + height // 2)
            )

    def house(self) -> None:
        """Paint a house."""
        self.box((90, 120, 220, 220), (235, 225, 200))
        self.shape((150, 50, 40), (75, 122), (155, 60), (235, 122))
        self.box((140, 165, 170, 220), BROWN)
        for left in (102, 182):
            self.box((left, 140, left + 26, 165), (130, 170, 210))

    def car(self, colour: Colour) -> None:
        """Paint a car from its side."""
        self.shape(colour, (90, 190), (115, 155), (190, 155), (220, 190))
        self.box((55, 188, 245, 225), colour)
        self.shape((190, 215, 235), (105, 188), (122, 162), (184, 162), (204, 188))
        for left in (75, 190):
            self.round((left, 205, left + 40, 245), BLACK)
            self.round((left + 12, 217, left + 28, 233), (170, 170, 170))


def _beach() -> Canvas:
    canvas = Canvas(SKY, SEA, 120)
    canvas.box((0, 190, 300, 300), SAND)
    for left in range(-20, 300, 45):
        canvas.round((left, 180, left + 50, 198), WHITE)
    canvas.round((235, 20, 280, 65), YELLOW)
    return canvas


def _boat() -> Canvas:
    canvas = Canvas(SKY, SEA, 150)
    canvas.shape(BROWN, (70, 195), (240, 195), (215, 235), (95, 235))
    canvas.box((150, 60, 155, 195), BROWN)
    canvas.shape(WHITE, (148, 65), (148, 185), (85, 185))
    canvas.shape(WHITE, (158, 75), (158, 185), (215, 185))
    return canvas


def _snow() -> Canvas:
    canvas = Canvas((200, 215, 230), SNOW, 130)
    for left, foot in ((20, 180), (95, 165), (200, 190), (245, 170)):
        canvas.fir(left, foot)
    return canvas


def _skier() -> Canvas:
    canvas = Canvas(SKY, SNOW, 110)
    canvas.shape(SNOW, (0, 110), (150, 40), (300, 120))
    canvas.person(130, 240, RED)
    canvas.box((110, 240, 215, 246), BLUE)
    return canvas


def _mountain() -> Canvas:
    canvas = Canvas(SKY, GRASS, 215)
    canvas.shape((110, 105, 110), (-20, 220), (110, 50), (230, 220))
    canvas.shape((130, 125, 130), (120, 220), (220, 90), (330, 220))
    canvas.shape(WHITE, (110, 50), (75, 97), (100, 90), (115, 105), (143, 97))
    return canvas


def _night() -> Canvas:
    canvas = Canvas(NIGHT, (5, 8, 15), 240)
    canvas.round((200, 40, 250, 90), (245, 240, 210))
    for number in range(60):
        left, top = 37 * number % 300, 53 * number * number % 230
        canvas.round((left, top, left + 2, top + 2), WHITE)
    return canvas


def _meadow(paint: Callable[[Canvas], None], ground: Colour = GRASS) -> Canvas:
    canvas = Canvas(SKY if ground != SNOW else (200, 215, 230), ground)
    paint(canvas)
    return canvas


def _people(*shirts: Colour) -> Canvas:
    canvas = Canvas(SKY, GRASS)
    for number, shirt in enumerate(shirts):
        canvas.person(20 + number * 260 // len(shirts), 260, shirt, 150)
    return canvas


def _street() -> Canvas:
    canvas = Canvas(SKY, ROAD, 170)
    for left, top, shade in ((0, 50, 150), (75, 80, 175), (150, 35, 140), (230, 70, 165)):
        canvas.box((left, top, left + 70, 175), (shade, shade - 20, shade - 35))
        for place in range(top + 12, 160, 28):
            canvas.box((left + 12, place, left + 26, place + 14), (70, 90, 120))
            canvas.box((left + 42, place, left + 56, place + 14), (70, 90, 120))
    canvas.car(RED)
    canvas.box((0, 268, 300, 273), WHITE)
    return canvas


def _forest() -> Canvas:
    canvas = Canvas((110, 150, 110), (70, 90, 45), 200)
    for left, foot in ((-5, 230), (50, 215), (105, 240), (160, 220), (215, 235), (255, 215)):
        canvas.tree(left, foot, 190)
    return canvas


DRAWINGS: dict[str, Callable[[], Canvas]] = {
    "red ball": lambda: _meadow(lambda canvas: canvas.ball(RED)),
    "yellow ball": lambda: _meadow(lambda canvas: canvas.ball(YELLOW), SNOW),
    "blue ball": lambda: _meadow(lambda canvas: canvas.ball(BLUE), SAND),
    "beach": _beach,
    "boat": _boat,
    "snow": _snow,
    "skier": _skier,
    "mountain": _mountain,
    "night": _night,
    "black dog": lambda: _meadow(lambda canvas: canvas.dog(BLACK)),
    "brown dog": lambda: _meadow(lambda canvas: canvas.dog(BROWN), SNOW),
    "two people": lambda: _people(RED, BLUE),
    "three people": lambda: _people(BLUE, YELLOW, BLUE),
    "house": lambda: _meadow(Canvas.house),
    "street": _street,
    "forest": _forest,
}


def draw_scene(name: str) -> Image.Image:
    """Draw one of `DRAWINGS`, its edges a little soft as a photo's are."""
    return DRAWINGS[name]().picture.filter(ImageFilter.GaussianBlur(0.8))
