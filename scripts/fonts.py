"""Makes the fonts of the console from the npm package @fontsource/be-vietnam-pro
(SIL OFL 1.1): its latin and vietnamese files as they are, and its own digits on
one width, for columns of figures.

    python scripts/fonts.py PACKAGE_FOLDER internal/web/static/fonts

Needs fonttools and brotli. Run once when the typeface changes; the files are
kept in the repository."""

import shutil
import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

ADVANCE, WIDEST = 630, 620  # units of the em


def figures(latin: Path, out: Path) -> None:
    font = TTFont(latin)
    s = subset.Subsetter(subset.Options(layout_features=[], name_IDs=[1, 2, 13, 14], notdef_outline=True))
    s.populate(unicodes=range(0x30, 0x3A))
    s.subset(font)
    glyphs, metrics, cmap = font["glyf"], font["hmtx"], font.getBestCmap()
    for code in range(0x30, 0x3A):
        name = cmap[code]
        glyph = glyphs[name]
        width = glyph.xMax - glyph.xMin
        scale = min(1.0, WIDEST / width)
        shift = (ADVANCE - width * scale) / 2 - glyph.xMin * scale
        pen = TTGlyphPen(None)
        font.getGlyphSet()[name].draw(TransformPen(pen, (scale, 0, 0, 1, shift, 0)))
        glyphs[name] = pen.glyph()
        glyphs[name].recalcBounds(glyphs)
        metrics[name] = (ADVANCE, glyphs[name].xMin)
    for record in font["name"].names:
        if record.nameID == 1:
            record.string = "Sen Figures"
    font.flavor = "woff2"
    font.save(out)


def main() -> None:
    package, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for weight in (400, 500, 600):
        for script in ("latin", "vietnamese"):
            name = f"be-vietnam-pro-{script}-{weight}-normal.woff2"
            shutil.copyfile(package / "files" / name, out / name)
        figures(package / "files" / f"be-vietnam-pro-latin-{weight}-normal.woff2", out / f"sen-figures-{weight}.woff2")
    shutil.copyfile(package / "LICENSE", out / "LICENSE")


if __name__ == "__main__":
    main()
