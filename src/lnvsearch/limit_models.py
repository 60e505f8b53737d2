"""One-bin models of other tools as settings: Combine datacards, pyhf JSON and HS3 JSON.

The limit is on the signal strength, the multiple of the model's own signal: the signal's expected
events become the efficiency.  Relative errors of several sources are added in quadrature, each as
the logarithm of its factor; a source that moves signal and background alike becomes a correlation.
A gmN background alone is a sideband.  What is left out or approximated is said in a note.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

from lnvsearch.cli import UsageError
from lnvsearch.files import read_text
from lnvsearch.limit_quantities import Uncertainty
from lnvsearch.limit_settings import Request
from lnvsearch.nesting import NestedTooDeeplyError, json_of

#: Rates are printed with few digits: the product of a gmN's count and factor may differ by this.
_RATE_TOLERANCE = 0.05
#: Letters of the longest line: JSON may be one.
_LONGEST_LINE = 100_000_000


@dataclass
class Model:
    """Counts of one bin, and what each source of uncertainty does to signal and background.

    `signal_shifts` and `background_shifts` hold, for each source, the change in events at one
    standard deviation up.
    """

    observed: float
    signal: float
    background: float
    signal_shifts: dict[str, float] = field(default_factory=dict)
    background_shifts: dict[str, float] = field(default_factory=dict)
    sideband: tuple[float, float] | None = None
    notes: list[str] = field(default_factory=list)

    def shift(self, source: str, is_signal: bool, events: float) -> None:
        """Add the effect of one source on one process."""
        shifts = self.signal_shifts if is_signal else self.background_shifts
        shifts[source] = shifts.get(source, 0.0) + events


def read_model(path: str, given: Request) -> Request:
    """Return the settings of a model file, with those of the command line beside them.

    Raises UsageError for a file that cannot be read, has several bins, or uses what has no place
    in a counting experiment.
    """
    text = _text(path)
    try:
        if text.lstrip().startswith("{"):
            content = json_of(text)
            reader = _hs3 if "distributions" in content else _pyhf
            model = reader(content, path)
        else:
            model = _datacard(text, path)
        settings = _settings(model, path)
    except UsageError:
        raise
    except json.JSONDecodeError as error:
        raise UsageError(
            f"--model {path}, line {error.lineno}: not valid JSON: {error.msg}"
        ) from error
    except KeyError as error:
        raise UsageError(
            f"--model {path}: the key {error} is missing; a Combine datacard, pyhf JSON or HS3 "
            "JSON of one bin is needed"
        ) from error
    except (IndexError, TypeError, AttributeError) as error:
        raise UsageError(f"--model {path}: incomplete or not of the expected form: {error}") from error
    except NestedTooDeeplyError as error:
        raise UsageError(f"--model {path}: {error}") from error
    except ArithmeticError as error:
        raise UsageError(f"--model {path}: a number is too extreme: {error}") from error
    except ValueError as error:
        raise UsageError(f"--model {path}: its parts do not fit together: {error}") from error
    clash = [name for name in settings if given.get(name) is not None]
    if clash:
        raise UsageError(f"--{clash[0].replace('_', '-')} and --model exclude each other")
    return {
        **given,
        **settings,
        "quantity": "signal strength",
        "model_notes": model.notes,
    }


def _text(path: str) -> str:
    try:
        return read_text(path, _LONGEST_LINE)
    except (OSError, ValueError) as error:
        raise UsageError(f"--model {path} cannot be read: {error}") from error


def _number(value: object, what: str, path: str, above: float = -math.inf) -> float:
    """A finite number above `above` of the file; UsageError says what it should be."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not above < number < math.inf:
        allowed = "a finite number" if above == -math.inf else f"a finite number > {above:g}"
        raise UsageError(f"--model {path}: {what} must be {allowed}; got {value!r}")
    return number


def _settings(model: Model, path: str) -> Request:
    if not model.signal > 0.0:
        raise UsageError(f"--model {path}: the signal must be > 0 events; got {model.signal:g}")
    settings: Request = {"observed": model.observed, "efficiency": model.signal}
    signal_error = math.hypot(*model.signal_shifts.values())
    background_error = math.hypot(*model.background_shifts.values())
    if model.sideband is not None and background_error == 0.0:
        settings["sideband"], settings["tau"] = model.sideband
    else:
        if model.sideband is not None:
            count, tau = model.sideband
            background_error = math.hypot(background_error, math.sqrt(max(count, 1.0)) / tau)
            model.notes.append(
                "model: the counted background has other uncertainties or companions; its Poisson "
                "error is taken as Gaussian"
            )
        settings["background"] = model.background
        if background_error > 0.0:
            settings["background_uncertainty"] = Uncertainty(background_error, background_error)
    if signal_error > 0.0:
        settings["efficiency_uncertainty"] = Uncertainty(signal_error, signal_error, False)
    shared = sum(
        shift * model.background_shifts.get(source, 0.0)
        for source, shift in model.signal_shifts.items()
    )
    if shared != 0.0 and "background_uncertainty" in settings:
        settings["correlation"] = shared / signal_error / background_error
        model.notes.append("model: a source moves signal and background: taken as a correlation")
    return settings


# --- Combine -------------------------------------------------------------------------------------


def _datacard(text: str, path: str) -> Model:
    """A counting datacard: one bin, lnN and gmN."""
    rows: dict[str, list[list[str]]] = {}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words and not set(words[0]) <= {"-"}:
            rows.setdefault(words[0], []).append(words[1:])
    for key in ("observation", "process", "rate"):
        if key not in rows:
            raise UsageError(f"--model {path}: a datacard needs the line '{key}'")
    if len(rows["observation"][0]) != 1:
        raise UsageError(
            f"--model {path}: one bin is read; got {len(rows['observation'][0])}; several go into "
            "'lnvsearch combine'"
        )
    indices = next((row for row in rows["process"] if all(_is_integer(word) for word in row)), None)
    if indices is None:
        raise UsageError(
            f"--model {path}: a datacard needs a line 'process' with the numbers of the processes "
            "(0 or less for the signal)"
        )
    rates = [_number(word, "a rate", path) for word in rows["rate"][0]]
    is_signal = [int(index) <= 0 for index in indices]
    if len(rates) != len(indices):
        raise UsageError(f"--model {path}: {len(rates)} rates for {len(indices)} processes")
    model = Model(
        _number(rows["observation"][0][0], "the observation", path),
        sum(rate for rate, yes in zip(rates, is_signal, strict=True) if yes),
        sum(rate for rate, yes in zip(rates, is_signal, strict=True) if not yes),
    )
    for key, entries in rows.items():
        if len(entries) > 1 and key not in ("bin", "process"):
            raise UsageError(
                f"--model {path}: the line {key!r} is there {len(entries)} times; keep one, or give "
                "each source a name of its own"
            )
    known = {"imax", "jmax", "kmax", "bin", "observation", "process", "rate"}
    for source, entries in rows.items():
        if source in known:
            continue
        kind, *effects = entries[0] if entries[0] else [""]
        if kind == "lnN":
            _lnn(model, source, effects, rates, is_signal, path)
        elif kind == "gmN":
            _gmn(model, source, effects, rates, is_signal, path)
        else:
            raise UsageError(f"--model {path}: {source}: only lnN and gmN are read; got {kind!r}")
    return model


def _is_integer(word: str) -> bool:
    digits = word.lstrip("+-")
    return digits.isascii() and digits.isdigit() and len(digits) < 10 and len(word) <= len(digits) + 1


def _lnn(model: Model, source: str, effects, rates, is_signal, path: str) -> None:
    if len(effects) != len(rates):
        raise UsageError(f"--model {path}: {source}: {len(effects)} effects for {len(rates)} rates")
    for effect, rate, signal in zip(effects, rates, is_signal, strict=True):
        if effect == "-":
            continue
        down, _, up = effect.rpartition("/")
        what = f"{source}: lnN"
        logs = [math.log(_number(up, what, path, 0.0))]
        if down:
            logs.append(-math.log(_number(down, what, path, 0.0)))
            model.notes.append(f"model: the asymmetric lnN {source} is taken as symmetric")
        mean = sum(logs) / len(logs)
        model.shift(source, signal, rate * math.copysign(math.expm1(abs(mean)), mean))


def _gmn(model: Model, source: str, effects, rates, is_signal, path: str) -> None:
    if len(effects) != len(is_signal) + 1:
        raise UsageError(
            f"--model {path}: {source}: gmN needs a count and {len(is_signal)} factors; got "
            f"{len(effects)} words"
        )
    count, *factors = effects
    sideband = _number(count, f"{source}: the count of gmN", path, -1e-300)
    used = [
        (i, _number(factor, f"{source}: gmN", path, 0.0))
        for i, factor in enumerate(factors)
        if factor != "-"
    ]
    if len(used) != 1:
        raise UsageError(f"--model {path}: {source}: gmN of one process is read; got {len(used)}")
    place, factor = used[0]
    # A count of 0 has no rate to agree with, but one below its own resolution.
    if abs(rates[place] - sideband * factor) > _RATE_TOLERANCE * max(rates[place], factor):
        raise UsageError(
            f"--model {path}: {source}: count times factor of gmN must be the rate of its process: "
            f"{sideband:g} x {factor:g} = {sideband * factor:g}, but the rate is {rates[place]:g}"
        )
    if is_signal[place]:
        model.shift(source, True, math.sqrt(sideband) * factor)
        model.notes.append(f"model: gmN {source} of the signal is taken as Gaussian")
        return
    model.sideband = (sideband, 1.0 / factor)
    if sum(not signal for signal in is_signal) > 1:
        model.background_shifts.setdefault("other backgrounds", 1e-12)


# --- pyhf and HS3 --------------------------------------------------------------------------------


def _pyhf(content: dict, path: str) -> Model:
    """A pyhf workspace of one channel with one bin."""
    channels = content["channels"]
    if len(channels) != 1 or any(len(s["data"]) != 1 for s in channels[0]["samples"]):
        raise UsageError(f"--model {path}: one channel with one bin is read")
    poi = content["measurements"][0]["config"]["poi"]
    model = Model(_number(content["observations"][0]["data"][0], "the observation", path), 0.0, 0.0)
    for sample in channels[0]["samples"]:
        _add_sample(
            model,
            sample["name"],
            _number(sample["data"][0], f"the events of {sample['name']}", path),
            sample["modifiers"],
            poi,
            path,
        )
    return model


def _hs3(content: dict, path: str) -> Model:
    """An HS3 file with one histfactory distribution of one bin."""
    found = [d for d in content["distributions"] if d["type"] == "histfactory_dist"]
    if len(found) != 1 or any(len(s["data"]["contents"]) != 1 for s in found[0]["samples"]):
        raise UsageError(f"--model {path}: one histfactory_dist with one bin is read")
    poi = content["analyses"][0]["parameters_of_interest"][0]
    named = content["analyses"][0].get("likelihood")
    data = {entry["name"]: entry for entry in content["data"]}
    name = next(
        (
            likelihood["data"][likelihood["distributions"].index(found[0]["name"])]
            for likelihood in content.get("likelihoods", [])
            if likelihood["name"] == named
        ),
        content["data"][0]["name"],
    )
    model = Model(_number(data[name]["contents"][0], "the observation", path), 0.0, 0.0)
    for sample in found[0]["samples"]:
        events = _number(sample["data"]["contents"][0], f"the events of {sample['name']}", path)
        _add_sample(model, sample["name"], events, sample["modifiers"], poi, path)
        for error in sample["data"].get("errors", []) if _uses_staterror(sample) else []:
            what = f"statistics of {sample['name']}"
            model.shift(what, _is_signal(sample, poi), _number(error, what, path))
    return model


def _uses_staterror(sample: dict) -> bool:
    return any(modifier["type"] == "staterror" for modifier in sample["modifiers"])


def _is_signal(sample: dict, poi: str) -> bool:
    return any(
        m["type"] == "normfactor" and poi in (m.get("name"), m.get("parameter"))
        for m in sample["modifiers"]
    )


def _add_sample(model: Model, name: str, events: float, modifiers, poi: str, path: str) -> None:
    """Add one sample; HS3 writes `contents` where pyhf writes arrays, the rest is the same."""
    is_signal = _is_signal({"modifiers": modifiers}, poi)
    if is_signal:
        model.signal += events
    else:
        model.background += events
    for modifier in modifiers:
        kind, source, data = modifier["type"], modifier["name"], modifier.get("data")
        if kind == "normfactor":
            if not is_signal or poi not in (source, modifier.get("parameter")):
                raise UsageError(f"--model {path}: {name}: a free normfactor {source} is not read")
        elif kind == "normsys":
            high, low = (_number(data[side], f"{source}: {side}", path, 0.0) for side in ("hi", "lo"))
            up = 0.5 * (math.log(high) - math.log(low))
            model.shift(source, is_signal, events * math.copysign(math.expm1(abs(up)), up))
        elif kind == "histosys":
            high, low = (
                data.get(f"{side}_data") or data[side]["contents"] for side in ("hi", "lo")
            )
            difference = _number(high[0], source, path) - _number(low[0], source, path)
            model.shift(source, is_signal, 0.5 * difference)
        elif kind == "shapesys":
            _add_shapesys(model, source, is_signal, events, data, path)
        elif kind == "staterror" and isinstance(data, list):
            model.shift(f"{source} {name}", is_signal, _number(data[0], source, path))
        elif kind == "lumi":
            raise UsageError(f"--model {path}: {name}: lumi is not read; write it as normsys")
        elif kind != "staterror":
            raise UsageError(f"--model {path}: {name}: modifier {kind!r} is not read")


def _add_shapesys(model: Model, source: str, is_signal: bool, events: float, data, path) -> None:
    """A Poisson constraint: a sideband of (events / error)^2 counts."""
    values = (data.get("vals") or data.get("contents") or []) if isinstance(data, dict) else data
    error = _number(values[0], source, path)
    if is_signal or model.sideband is not None or error <= 0.0 or events <= 0.0:
        model.shift(source, is_signal, error)
        return
    count = (events / error) ** 2
    model.sideband = (count, count / events)
