"""A slow reader of lines, written from the rules alone: it compiles nothing and shares no code with the product's.

It takes a layout's TOML as it stands. `Plain.read` gives what a line is: ("heading",), ("event",), ("quarantine", reason,
field) or ("call", {...}) before joins and repeats; None for an empty line.
"""

import json
import re
import tomllib
from datetime import datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from .plain_times import Clock, Refused, moment_of, seconds_of


class Plain(Clock):
    """One source."""

    def __init__(self, text, others, site):
        self.layout = tomllib.loads(text)
        rules = tomllib.loads(others[self.layout["rules"]]) if "rules" in self.layout else self.layout
        self.rules, self.site, self.form = rules, site, self.layout["record"]
        self.fields = self.layout["fields"]
        self.columns = None if self.form.get("header") else self.form.get("columns", [])
        self.date, self.latest = None, None
        self.zone = ZoneInfo(site["zone"])

    def read(self, line, received):
        try:
            return self._read(line, received)
        except Refused as fault:
            return ("quarantine", *fault.args)

    def _read(self, line, received):
        line = line.strip(self.form.get("padding", "").encode("latin-1") + b"\0")
        if not line:
            return None
        if any((octet < 32 and octet != 9) or octet == 127 for octet in line):
            raise Refused("CONTROL_OCTETS", None)
        text, notes = self._text(line)
        other = self._other(text, received)
        if other:
            return other
        texts = self._cut(text)
        values = {name: self._value(name, field, texts[name]) for name, field in self.fields.items()}
        return self._call(texts, values, notes, received)

    def _text(self, line):
        for key, notes in (("encoding", []), ("fallback_encoding", ["ENCODING_FALLBACK"])):
            if key in self.layout:
                try:
                    return line.decode(self.layout[key]), notes
                except UnicodeDecodeError:
                    continue
        raise Refused("BAD_ENCODING", None)

    def _other(self, text, received):
        if any(re.search(one, text) for one in self.form.get("skip", [])):
            return ("heading",)
        if any(re.search(one, text) for one in self.form.get("events", [])):
            return ("event",)
        record = self.form.get("date_record")
        if record and re.search(record["match"], text.strip()):
            found = moment_of(record["format"], text.strip())
            if found is None:
                raise Refused("BAD_FIELD", "date")
            self.date = found if self._record_days(found, received) is not None else None
            if self.date is None:
                raise Refused("IMPOSSIBLE_TIME", None)
            return ("heading",)
        if self.form.get("header"):
            cells = self._cells(text)
            if all(name in cells for name, field in self.fields.items() if not field.get("optional")):
                self.columns = cells
                return ("heading",)
        return None

    def _cells(self, text):
        delimiter, quote = self.form["delimiter"], self.form.get("quote")
        cells, at = [], 0
        while at <= len(text):
            cell, at = self._cell(text, at, delimiter, quote)
            if cell is None:
                return []
            cells.append(cell.strip(" "))
        return cells

    def _cell(self, text, at, delimiter, quote):
        """A cell from a place on, and the place behind its delimiter; None: a quote that does not close."""
        cell, quoted = "", bool(quote) and text[at : at + 1] == quote
        at += quoted
        while at < len(text) and (quoted or text[at] != delimiter):
            if quoted and text[at : at + 2] == quote * 2:
                cell, at = cell + quote, at + 2
            elif quoted and text[at] == quote:
                quoted, at = False, at + 1
            else:
                cell, at = cell + text[at], at + 1
        return (None if quoted else cell), at + 1

    def _cut(self, text):
        form, kind = self.form, self.layout["kind"]
        names = list(self.fields) + [
            name for table in ("join", "duplicate") for name in self.rules.get(table, {}).get("key", [])
        ]
        if kind == "delimited" and self.columns is None:
            raise Refused("NO_HEADER", None)
        if len(text) > form.get("max_length", 262_144 if kind == "json" else 4096):
            raise Refused("TOO_LONG", None)
        if kind == "fixed":
            if len(text) < form.get("min_length", 0):
                raise Refused("TOO_SHORT", None)
            ats = {name: self.fields[name]["at"] for name in names}
            return {name: text[first - 1 : last].strip(" ") for name, (first, last) in ats.items()}
        if kind == "delimited":
            cells = self._cells(text)
            if not cells or len(cells) < form.get("min_fields", 0):
                raise Refused("TOO_SHORT", None)
            if len(cells) > form.get("max_fields", len(cells)):
                raise Refused("TOO_LONG", None)
            by_name = {}
            for name, cell in zip(self.columns, cells, strict=False):
                by_name.setdefault(name, cell)
            return {name: by_name.get(name, "") for name in names}
        if kind == "pattern":
            found = re.search(form["pattern"], text)
            if not found:
                raise Refused("NO_MATCH", None)
            groups = found.groupdict()
            return {name: (groups.get(name) or "").strip(" ") for name in names}
        return self._json(text, names) if kind == "json" else self._pairs(text, names)

    def _json(self, text, names):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused("NOT_JSON", None) from None
        for name in filter(None, self.form.get("path", "").split(".")):
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise Refused("NOT_JSON", None)
        texts = {}
        for name in names:
            asked = self.fields.get(name, {}).get("from", [name])
            value = next((found[one] for one in asked if found.get(one) not in (None, "")), "")
            value = (
                value
                if isinstance(value, str)
                else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
            )
            texts[name] = unquote(value) if re.search("%[0-9A-Fa-f]{2}", value) else value
        return texts

    def _pairs(self, text, names):
        found, at = {}, 0
        while at < len(text):
            begin = at
            while at < len(text) and text[at] not in "= ":
                at += 1
            name = text[begin:at]
            if at >= len(text) or text[at] == " " or not name:
                at += 1
                continue
            at += 1
            if text[at : at + 1] == '"':
                end = text.find('"', at + 1)
                if end < 0:
                    raise Refused("TOO_SHORT", None)
                value, at = text[at + 1 : end], end + 1
            else:
                end = text.find(" ", at)
                end = len(text) if end < 0 else end
                value, at = text[at:end], end
            found[name] = value
        return {name: found.get(name, "") for name in names}

    def _value(self, name, field, text):
        kind = field["type"]
        if not text:
            allowed = kind in ("text", "party", "device", "digits") or field.get("optional")
            if allowed or (kind == "choice" and any(not one.strip() for one in field["values"])):
                return None
            raise Refused("BAD_FIELD", name)
        if field.get("overflow") == text:
            return 360_000
        text = text.removeprefix(field.get("strip", ""))
        value = self._typed(kind, field, text)
        if value is None and kind not in ("text", "party", "device"):
            raise Refused("BAD_FIELD", name)
        return None if value == 0 and field.get("zero_is_absent") else value

    def _typed(self, kind, field, text):
        if kind in ("text", "party", "device"):
            return text or None
        if kind == "digits":
            return text if all(sign in "0123456789*#+" for sign in text) else None
        if kind in ("integer", "epoch_s"):
            fits = 0 < len(text) < 19 and all(sign in "0123456789" for sign in text)
            return int(text) if fits else None
        if kind == "choice":
            return text if text in [one.strip() for one in field["values"]] else None
        if kind == "iso8601":
            try:
                return datetime.fromisoformat(text)
            except ValueError:
                return None
        forms = [field[key] for key in ("format", "format_2") if key in field]
        read = seconds_of if kind == "duration" else moment_of
        return next((one for one in (read(form, text) for form in forms) if one is not None), None)

    def _that(self, means):
        return next((name for name, field in self.fields.items() if field.get("means") == means), None)

    def _holds(self, tests, texts, values, seconds):
        for key, wanted in tests.items():
            if key == "field_present":
                good = values[wanted] is not None
            elif key == "duration_over":
                good = seconds > wanted
            elif key.endswith("_starts"):
                text = texts[key[:-7]].strip(" ")
                good = any(text.startswith(one) and len(text) > len(one) for one in wanted)
            elif key.endswith("_matches"):
                good = re.search(wanted, texts[key[:-8]].strip(" ")) is not None
            else:
                good = texts[key].strip(" ") in [one.strip() for one in wanted]
            if not good:
                return False
        return True

    def _part(self, rule, values):
        if rule is None:
            return None
        if isinstance(rule, str):
            return None if values[rule] is None else str(values[rule])
        if "device" in rule:
            rule = {"of": rule["device"], "strip": "E"}
        text = values[rule["of"]]
        if text is None:
            return None
        text = str(text)
        if rule.get("after") and rule["after"] in text:
            text = text[text.index(rule["after"]) + len(rule["after"]) :]
        if rule.get("before") and rule["before"] in text:
            text = text[: (text.rindex if rule.get("last") else text.index)(rule["before"])]
        text = text.removeprefix(rule.get("strip", ""))
        if rule.get("digits"):
            runs = re.findall("[0-9]+", text)
            text = next((run for run in runs if len(run) == max(map(len, runs))), "")
        return text or None

    def _ours(self, number):
        if number is None:
            return False
        return any(
            len(one) == len(number) and all(a in "0123456789" if w == "x" else a == w for a, w in zip(number, one, strict=True))
            for one in self.site["extensions"]
        )  # fmt: skip

    def _call(self, texts, values, notes, received):
        length = self._that("duration")
        seconds = (values[length] if length else 0) or 0
        overflow = bool(length and self.fields[length].get("overflow") == texts[length] != "")
        row, direction = self._direction(texts, values, seconds)
        if direction == "event":
            return ("event",)
        start, end, more = self._span(values, seconds, received)
        notes = notes + ["DURATION_OVERFLOW"] * overflow + more
        take = {key: self._part(rule, values) for key, rule in row.items() if key not in ("if", "is", "by")}
        calling, called, extension, trunk = (
            take.get(key) for key in ("calling", "called", "extension", "trunk")
        )
        if "by" in row:
            extension = {"incoming": take.get("extension_incoming"), "tandem": None}.get(
                direction, take.get("extension_outgoing")
            )
            trunk = take.get(f"trunk_{direction}")
            called = take.get(f"called_{direction}") or called
        kind = "internal"
        if direction in ("outgoing", "tandem"):
            called, kind = self._number(called, True)
        if direction in ("incoming", "tandem"):
            calling = self._number(calling, False)[0]
        answered = "answered" in self.rules and self._holds(
            self.rules["answered"]["if"], texts, values, seconds
        )
        status = next(
            (
                name
                for name, tests in self.rules.get("status", {}).items()
                if self._holds(tests, texts, values, seconds)
            ),
            "COMPLETED" if answered else "NO_ANSWER",
        )
        transfer = self.rules.get("transfer")
        moved = transfer and self._holds(transfer["if"], texts, values, seconds)

        def text_of(means):
            name = self._that(means)
            return None if name is None or values[name] is None else str(values[name])

        ring = self._that("ring_s")
        return ("call", {
            "direction": direction, "extension": extension, "calling": calling, "called": called, "called_kind": kind,
            "dialed": text_of("dialed"), "trunk": trunk, "start": start, "end": end,
            "ring_s": values[ring] if ring else None, "duration_s": seconds, "answered": answered, "status": status,
            "account": text_of("account"), "call_id": text_of("call_id"), "notes": notes,
            "transferred_to": values[transfer["to"]] if moved else None,
        })  # fmt: skip

    def _direction(self, texts, values, seconds):
        for row in self.rules["direction"]:
            if not self._holds(row.get("if", {}), texts, values, seconds):
                continue
            if "by" in row:
                ours = [self._ours(self._part(row[key], values)) for key in ("calling", "called")]
                names = {(1, 1): "internal", (1, 0): "outgoing", (0, 1): "incoming", (0, 0): "tandem"}
                return row, names[ours[0], ours[1]]
            if isinstance(row["is"], dict):
                said = values[row["is"]["field"]]
                if said not in ("outgoing", "incoming", "internal", "tandem", "event"):
                    raise Refused("NO_DIRECTION", None)
                return row, said
            return row, row["is"]
        raise Refused("NO_DIRECTION", None)

    def _number(self, number, called):
        site = self.site
        if number is None:
            return None, None
        if self._ours(number):
            return number, "internal"
        digits = number.removeprefix("+")
        if not digits or any(sign not in "0123456789" for sign in digits):
            return number, "unknown"
        if number.startswith("+"):
            if len(digits) == 11 and digits[0] == site["country"]:
                return digits[1:], "national"
            return digits, "international"
        n11 = re.compile("[2-9]11")
        if n11.fullmatch(digits):
            return digits, "service"
        outside = site["outside_prefix"]
        if called and site["dialed_includes_access_code"].get(self.layout["name"]) and digits != outside:
            digits = digits.removeprefix(outside)
        abroad, far = site["international_prefix"], site["long_distance_prefix"]
        if digits.startswith(abroad) and len(digits) >= len(abroad) + 4:
            return digits[len(abroad) :], "international"
        if digits.startswith(far) and len(digits) == len(far) + 10:
            return digits[len(far) :], "national"
        if len(digits) == 10 and digits[0] not in "01":
            return digits, "national"
        if len(digits) == 7:
            return site["area_code"] + digits, "national"
        return digits, "service" if n11.fullmatch(digits) or digits[0] == "0" else "unknown"
