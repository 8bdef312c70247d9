"""Draws the pictures of concepts.md with the project's own layouts: `python docs/site/pictures.py`.

A test draws them again and compares.
"""

from pathlib import Path

from ain_scp import api
from ain_scp.api.drawing import svg
from ain_scp.asf_rtl.graph import Edge, Graph, Node
from ain_scp.figures.topology import BOX_H, BOX_W, lay_out
from ain_scp.terms.safe_text import in_page

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "docs" / "pictures"
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1b1f24;text-anchor:middle}rect{fill:#f6f8fa;stroke:#57606a}"
    "path{fill:none;stroke:#57606a;stroke-width:1.4}.said{font-size:11px;fill:#57606a;paint-order:stroke;stroke:#fff;stroke-width:5px}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#161b22;stroke:#9198a1}path{stroke:#9198a1}.said{fill:#9198a1;stroke:#0d1117}}"
)
ROWS = (
    ("SCP",),
    ("local STP", "regional STP"),
    ("SSP of the caller", "SSP of the host"),
    ("private network", "public network"),
)
LINKS = {
    ("SCP", "regional STP"): "SCCP",
    ("local STP", "regional STP"): "",
    ("local STP", "SSP of the caller"): "query",
    ("local STP", "SSP of the host"): "query",
    ("SSP of the caller", "SSP of the host"): "ISUP",
    ("SSP of the caller", "public network"): "ISUP",
    ("SSP of the host", "private network"): "trunks",
}
STEPS = (
    ("911 after any access code, or none?", "completed whatever else holds"),
    ("Has the access code no dialing plan?", "UNKNOWN_ACCESS_CODE"),
    ("Have the digits no meaning in the plan?", "the vacant number"),
    ("Does screening refuse the class this call type?", "BLOCKED:SCREENED"),
    ("Does a blocking table list the number?", "BLOCKED, by table"),
    ("Does the profile name an ASF-RTL host?", "to the host, which asks again"),
    ("Does a rule of CRS or CCS hold?", "its trunk groups and carriers"),
)


def network() -> str:
    """The network: who asks whom."""
    layout = lay_out(ROWS, LINKS)
    said = {frozenset(pair): word for pair, word in LINKS.items()}
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {layout.height}" width="{layout.width}" '
        f'height="{layout.height}" role="img" aria-label="The network around the SCP"><style>{STYLE}</style>'
    )
    parts = [head, *(f'<path d="{way.path}"/>' for way in layout.ways)]
    for way in layout.ways:
        word = said[frozenset((way.one, way.other))]
        parts.append(f'<text class="said" x="{way.label_x}" y="{way.label_y}">{word}</text>')
    for spot in layout.spots:
        parts.append(
            f'<rect x="{spot.x - BOX_W // 2}" y="{spot.y - BOX_H // 2}" width="{BOX_W}" height="{BOX_H}" rx="6"/>'
        )
        parts.append(f'<text x="{spot.x}" y="{spot.y + 5}">{in_page(spot.name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def steps() -> str:
    """The questions of a decision in their order."""
    nodes = [Node("start", "start", "A caller dials", "", taken=False)]
    edges, before, label = [], "start", ""
    for at, (asked, then) in enumerate(STEPS):
        nodes += [
            Node(f"q{at}", "question", asked, "", taken=False),
            Node(f"o{at}", "outcome", then, "", taken=False),
        ]
        edges += [Edge(before, f"q{at}", label, taken=False), Edge(f"q{at}", f"o{at}", "yes", taken=False)]
        before, label = f"q{at}", "no"
    nodes.append(Node("end", "outcome", "over the public network", "", taken=False))
    edges.append(Edge(before, "end", "no", taken=False))
    return svg(Graph("How a call is decided", tuple(nodes), tuple(edges)))


def routing() -> str:
    """The routing logic of a host, with the way that a call of the golden data set takes."""
    answer = api.explain(
        ROOT / "examples" / "golden", "9258341234", "7 14159215678", at="2001-01-17T10:00:00"
    ).host()
    picture = None if answer is None else answer.picture()
    if picture is None:
        raise SystemExit("the call goes to no host")
    return picture.svg()


PICTURES = {"network.svg": network, "steps.svg": steps, "routing.svg": routing}

if __name__ == "__main__":
    PLACE.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (PLACE / name).write_text(draw())
