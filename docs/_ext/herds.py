"""Draw the herds of three clients: ``python docs/_ext/herds.py`` writes ``docs/tutorial/herds.svg`` and prints figures.

The numbers are those of :func:`locust_ext.storms.herd.simulate`, from one seed, so that the picture comes out the same.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from locust_ext.storms.clients import find
from locust_ext.storms.herd import SLOT, SLOTS_A_SECOND, curve, peak, simulate

TARGET = Path(__file__).parents[1] / "tutorial" / "herds.svg"
CLIENTS, UNTIL, SEED = 1000, 15.0, 931
HERDS = ("partysocket@1.3", "socket.io@4", "graphql-ws@6")
COLOURS = ("#b3372f", "#8a6d00", "#2b6f4f")
WIDTH, HEIGHT, LEFT, TOP, GAP = 720, 130, 56, 34, 44


def main() -> None:
    """Simulate, print and draw."""
    panels = []
    for index, name in enumerate(HERDS):
        title = name.replace("@", " ")
        slots = simulate(find(name).policy(), CLIENTS, UNTIL, Random(SEED))  # noqa: S311 a simulation
        short, long, total = peak(slots), peak(slots, SLOTS_A_SECOND), sum(slots.values())
        print(f"{title}: {short:,} in 100 ms, {long:,} in a second, {total:,} in {UNTIL:g} s")
        panels.append(_panel(f"{title}: at most {short:,} in 100 ms", curve(slots, UNTIL + SLOT), index))
    height = TOP + len(HERDS) * (HEIGHT + GAP) + 6
    about = f"Attempts within each 100 ms after {CLIENTS:,} clients drop at once, and the server stays down"
    TARGET.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{about}" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#222">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n' + "\n".join(panels) + "\n</svg>\n",
        "utf-8",
    )


def _panel(title: str, counts: list[int], index: int) -> str:
    top = TOP + index * (HEIGHT + GAP)
    base, step = top + HEIGHT, (WIDTH - LEFT - 16) / (UNTIL / SLOT)
    bars = "".join(
        f"M{LEFT + slot * step:.1f} {base}v-{count / CLIENTS * HEIGHT:.2f}h{step:.2f}V{base}z"
        for slot, count in enumerate(counts)
        if count
    )
    lines = [f'<text x="{LEFT}" y="{top - 10}" font-weight="600">{title}</text>']
    for count in (0, CLIENTS // 2, CLIENTS):
        y = base - count / CLIENTS * HEIGHT
        lines.append(f'<path d="M{LEFT} {y:g}H{WIDTH - 16}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:g}" text-anchor="end">{count:,}</text>')
    lines.append(f'<path d="{bars}" fill="{COLOURS[index]}"/>')
    for second in range(0, int(UNTIL) + 1, 3):
        x = LEFT + second / SLOT * step
        lines.append(f'<text x="{x:.1f}" y="{base + 17}" text-anchor="middle">{second} s</text>')
    return "\n".join(lines)


if __name__ == "__main__":
    main()
