"""Printed times and durations, read slowly from their formats: for the plain reader of lines."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WALL = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall's count
NEAR = -62_135_596_800 + 2 * 86_400
FAR = 253_402_300_799 - 2 * 86_400


TOKENS = ["YYYY", "YY", "MM", "DD", "hh", "mm", "ss", "HH", "ap", "H", "M", "p", "t"]
WIDTHS = {"YYYY": (4, 4), "HH": (2, 3), "H": (1, 99), "M": (1, 99), "t": (1, 1)}


def parts_of(form, text):
    """Token values of a text that fits its format whole; None."""
    pieces, at = [], 0
    while at < len(form):
        token = next((one for one in TOKENS if form.startswith(one, at)), None)
        pieces.append(token or ("literal", form[at]))
        at += len(token) if token else 1

    def fit(piece, at):
        if piece == len(pieces):
            return {} if at == len(text) else None
        one = pieces[piece]
        if isinstance(one, tuple):
            return fit(piece + 1, at + 1) if text[at : at + 1] == one[1] else None
        if one == "ap":
            if text[at : at + 2].upper() not in ("AM", "PM"):
                return None
            rest = fit(piece + 1, at + 2)
            return None if rest is None else {one: text[at].upper(), **rest}
        if one == "p":
            for width in (1, 0):
                if width and text[at : at + 1] not in ("P", "p", " "):
                    continue
                rest = fit(piece + 1, at + width)
                if rest is not None:
                    return {one: text[at : at + width].strip().upper(), **rest}
            return None
        least, most = WIDTHS.get(one, (2, 2))
        for width in range(min(most, len(text) - at), least - 1, -1):
            digits = text[at : at + width]
            if all(sign in "0123456789" for sign in digits):
                rest = fit(piece + 1, at + width)
                if rest is not None:
                    return {one: int(digits), **rest}
        return None

    return fit(0, 0)


def seconds_of(form, text):
    """A duration."""
    found = parts_of(form, text)
    if found is None:
        return None
    hours = next((found[one] for one in ("hh", "HH", "H") if one in found), None)
    minutes = found.get("mm", found.get("M", 0))
    if found.get("ss", 0) > 59 or (hours is not None and minutes > 59):
        return None
    return (hours or 0) * 3600 + minutes * 60 + found.get("ss", 0) + 6 * found.get("t", 0)


def moment_of(form, text):
    """(year, month, day, seconds); month 0: no date."""
    found = parts_of(form, text)
    if found is None:
        return None
    hour = next((found[one] for one in ("hh", "HH", "H") if one in found), 0)
    minute, second = found.get("mm", found.get("M", 0)), found.get("ss", 0)
    half = found.get("ap", found.get("p", ""))
    if half == "P" and 1 <= hour <= 11:
        hour += 12
    if half == "A" and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        return None
    clock = hour * 3600 + minute * 60 + second + 6 * found.get("t", 0)
    if "MM" not in found:
        return None, 0, 0, clock
    year = found.get("YYYY", 2000 + found["YY"] if "YY" in found else None)
    try:
        datetime(2000 if year is None else year, found["MM"], found["DD"])  # noqa: DTZ001 - a date alone
    except ValueError:
        return None
    return year, found["MM"], found["DD"], clock


class Refused(Exception):
    """Reason and field."""


class Clock:
    """When a call was, by the rules of time: what `Plain` knows of its source comes with it."""

    def _local(self, utc):
        return (EPOCH + timedelta(seconds=utc)).astimezone(self.zone)

    def _wall(self, utc):
        return utc + int(self._local(utc).utcoffset().total_seconds())

    def _days(self, year, found):
        try:
            return (datetime(year, found[1], found[2]) - WALL).days  # noqa: DTZ001 - a date alone
        except ValueError:
            return None

    def _readings(self, value, date, received):
        """UTC readings, first and second, and the note; raises."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            return self._within(int((value - EPOCH).total_seconds() // 1), None)
        if isinstance(value, datetime):
            wall = int((value - WALL).total_seconds() // 1)
        elif isinstance(value, tuple):
            wall = self._wall_of(value, date, received)
        else:
            return self._within(value, None)
        if not NEAR < wall < FAR:
            raise Refused("IMPOSSIBLE_TIME", None)
        local = WALL + timedelta(seconds=wall)
        both = [
            wall - int(local.replace(tzinfo=self.zone, fold=fold).utcoffset().total_seconds())
            for fold in (0, 1)
        ]
        if both[0] == both[1]:
            return *both, None
        return *both, "AMBIGUOUS_TIME" if both[0] < both[1] else "GAP_TIME"

    def _within(self, utc, note):
        if not NEAR < utc < FAR:
            raise Refused("IMPOSSIBLE_TIME", None)
        return utc, utc, note

    def _record_days(self, found, received):
        """A date record's day: of the receipt's year or the one before, not more than a day after the receipt."""
        here = self._wall(received)
        days = [self._days(self._local(received).year - one, found) for one in (0, 1)]
        fits = [one for one in days if one is not None and one * 86_400 <= here + 86_400]
        return min(fits, key=lambda one: abs(one * 86_400 - here), default=None)

    def _wall_of(self, value, date, received):
        day = value if value[1] else date
        if day is None:
            if self.date is None:
                raise Refused("NO_DATE", None)
            days = self._record_days(self.date, received)
            if days is None:
                raise Refused("IMPOSSIBLE_TIME", None)
            return days * 86_400 + value[3]
        here = self._wall(received)
        years = [day[0]] if day[0] is not None else [self._local(received).year + one for one in (0, -1, 1)]
        days = [one for one in (self._days(year, day) for year in years) if one is not None]
        if day[0] is None:
            days = [one for one in days if one * 86_400 + value[3] <= here + 86_400]
        if not days:
            raise Refused("IMPOSSIBLE_TIME", None)
        return min(days, key=lambda one: abs(here - one * 86_400 - value[3])) * 86_400 + value[3]

    def _span(self, values, seconds, received):
        named = {means: values.get(self._that(means)) for means in ("start", "end", "answer")}
        if named["start"] is None and named["end"] is None:
            raise Refused("NO_DATE", None)
        day = next((values[name] for name, field in self.fields.items() if field["type"] == "date"), None)
        read = {}
        for means in ("start", "end", "answer"):
            if named[means] is not None:
                read[means] = self._readings(named[means], day, received)
        ring = self._that("ring_s")
        ring_s = (values[ring] if ring else 0) or 0
        extra = sum(values.get(name) or 0 for name in ("hold", "park"))

        def pick(at):
            if "start" not in read:
                return read["end"][at] - seconds - ring_s, read["end"][at]
            begin = read["start"][at]
            if "end" not in read:
                return begin, begin + ring_s + extra + seconds
            end = read["end"]
            if read["start"][2] == "AMBIGUOUS_TIME":
                return begin, end[0] if end[0] >= begin else end[1]
            return begin, end[at]

        if seconds + ring_s + extra > 9_999 * 366 * 86_400:
            raise Refused("IMPOSSIBLE_TIME", None)
        kinds = [one[2] for one in read.values()]
        chosen, notes = pick(0), []
        if "AMBIGUOUS_TIME" in kinds:
            notes = ["AMBIGUOUS_TIME"]
            if self.latest is not None and chosen[1] < self.latest - 120:
                chosen = pick(1)
        elif "GAP_TIME" in kinds:
            notes = ["GAP_TIME"]
        if not all(NEAR < one < FAR for one in chosen):
            raise Refused("IMPOSSIBLE_TIME", None)
        self.latest = chosen[1] if self.latest is None else max(self.latest, chosen[1])
        return *chosen, notes
