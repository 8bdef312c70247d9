"""The drawing of a page as a file: `.svg` at its address.

Source: console.md sections 7 and 8.
"""

from ain_scp.console.live import Frame
from ain_scp.console.resources.calls import CallView
from ain_scp.console.resources.captures import CaptureCall
from ain_scp.console.resources.explain import Explained
from ain_scp.console.resources.fault import PageFault
from ain_scp.console.resources.sheets import Sheet
from ain_scp.reports.page import alone
from ain_scp.reports.pictures import graphs, ladder, network
from ain_scp.reports.plot import with_legend


def drawing(value: object) -> str:
    """The SVG of a page's resource; PageFault where there is nothing to draw."""
    if isinstance(value, Sheet) and value.drawing is not None:
        return alone(with_legend(value.drawing))
    if isinstance(value, Sheet):
        raise PageFault(
            404, "there is nothing to draw here; a page of records draws sums, such as ?group_by=day"
        )
    if isinstance(value, Frame) and value.topology is not None:
        return _network(value)
    if isinstance(value, CallView):
        return ladder(f"Call {value.row.id}, {value.row.status}", value.messages, value.journeys)
    if isinstance(value, CaptureCall):
        return ladder(f"Call {value.call}, {value.outcome}", value.messages, value.journeys)
    laid = [one.graph for one in value.legs if one.graph is not None] if isinstance(value, Explained) else []
    if not laid:
        raise PageFault(404, "there is nothing to draw here")
    return graphs(laid)


def _network(frame: Frame) -> str:
    picture, run = frame.topology, frame.run
    if picture is None or run is None:
        raise PageFault(404, "there is nothing to draw until a run began")
    loads = {(one, other): (count, lost) for one, other, count, lost in run.links}
    size = picture.width, picture.height
    return network(f"{run.title}, {frame.at}", size, picture.box, picture.spots, picture.ways, loads)
