"""What an FMU says of itself: `modelDescription.xml` of FMI 3.0 and 2.0, `buildDescription.xml`."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from xml.sax.saxutils import quoteattr

from sobolev._base.errors import ConfigError
from sobolev.exporters.c.numbers import literal
from sobolev.exporters.fmu.units import base_of
from sobolev.function.function import Function

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
CATEGORIES = "logStatusWarning", "logStatusDiscard", "logStatusError"


@dataclass(frozen=True)
class Variable:
    """A number of the model by its value reference."""

    reference: int
    name: str
    unit: str
    more: str = ""  # further attributes


def variables(function: Function) -> tuple[list[Variable], list[Variable]]:
    """Inputs and outputs: references from 1 on; `ConfigError` for a name that is there twice."""
    names = [_clean(name) for name in (*function.inputs, *function.outputs)]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ConfigError(
            f"two variables of the model are called '{twice[0]}', and in an FMU every one needs a "
            "name of its own: rename one."
        )
    units = [_clean(unit) for unit in (*function.input_units, *function.output_units)]
    every = [Variable(*each) for each in zip(range(1, len(names) + 1), names, units, strict=True)]
    d = len(function.inputs)
    lower, upper = bounds(function)
    ranges = []
    for variable, low, high, start in zip(every, lower, upper, starts(function), strict=False):
        more = f'start="{literal(start)}"'
        if function.box is not None:
            sides = ("min", low), ("max", high), ("nominal", (high - low) / 2)
            more = " ".join(f'{what}="{literal(number)}"' for what, number in sides) + " " + more
        ranges.append(Variable(variable.reference, variable.name, variable.unit, more))
    return ranges, every[d:]


def bounds(function: Function) -> tuple[Sequence[float], Sequence[float]]:
    """Of the box; -1 and 1 where there is none."""
    if function.box is None:
        d = len(function.inputs)
        return [-1.0] * d, [1.0] * d
    return list(map(float, function.box.lower)), list(map(float, function.box.upper))


def starts(function: Function) -> list[float]:
    """The middle of the box."""
    return [low / 2 + high / 2 for low, high in zip(*bounds(function), strict=True)]


def fmi3(function: Function, name: str, token: str, derivatives: bool) -> str:
    """The description for FMI 3.0."""
    can = f'modelIdentifier="{name}" canGetAndSetFMUState="true" canSerializeFMUState="true"'
    if derivatives:
        can += ' providesDirectionalDerivatives="true" providesAdjointDerivatives="true"'
    inputs, outputs = variables(function)
    taken = {v.name for v in (*inputs, *outputs)}
    time = next(n for n in ("time", *(f"time{i}" for i in range(99))) if n not in taken)
    depends = _depends(inputs)
    structure = [
        f'    <{tag} valueReference="{v.reference}" {depends}/>'
        for tag in ("Output", "InitialUnknown")
        for v in outputs
    ]
    return _document(
        [
            f'<fmiModelDescription fmiVersion="3.0" modelName={quoteattr(name)}',
            f'    instantiationToken="{token}" generationTool="{_tool()}"',
            '    variableNamingConvention="flat">',
            f"  <ModelExchange {can}/>",
            f'  <CoSimulation {can} canHandleVariableCommunicationStepSize="true"/>',
            *_units([*inputs, *outputs]),
            *_categories(),
            "  <ModelVariables>",
            f'    <Float64 name="{time}" valueReference="0" causality="independent"',
            '        variability="continuous"/>',
            *(_float64(v, "input") for v in inputs),
            *(_float64(v, "output") for v in outputs),
            "  </ModelVariables>",
            "  <ModelStructure>",
            *structure,
            "  </ModelStructure>",
            "</fmiModelDescription>",
        ]
    )


def fmi2(
    function: Function, name: str, token: str, derivatives: bool, sources: Sequence[str]
) -> str:
    """The description for FMI 2.0, where places are counted and not referred to."""
    can = (
        f'modelIdentifier="{name}" canNotUseMemoryManagementFunctions="true" '
        'canGetAndSetFMUstate="true" canSerializeFMUstate="true"'
    )
    if derivatives:
        can += ' providesDirectionalDerivative="true"'
    files = [
        "    <SourceFiles>",
        *(f'      <File name="{file}"/>' for file in sources),
        "    </SourceFiles>",
    ]
    inputs, outputs = variables(function)
    depends = _depends(inputs)  # variables are listed by their references, from 1 on
    unknowns = [f'      <Unknown index="{v.reference}" {depends}/>' for v in outputs]
    computed = 'variability="continuous" initial="calculated"'
    return _document(
        [
            f'<fmiModelDescription fmiVersion="2.0" modelName={quoteattr(name)}',
            f'    guid="{token}" generationTool="{_tool()}"',
            '    variableNamingConvention="flat" numberOfEventIndicators="0">',
            f"  <ModelExchange {can}>",
            *files,
            "  </ModelExchange>",
            f'  <CoSimulation {can} canHandleVariableCommunicationStepSize="true">',
            *files,
            "  </CoSimulation>",
            *_units([*inputs, *outputs]),
            *_categories(),
            "  <ModelVariables>",
            *(_real(v, 'causality="input" variability="continuous"') for v in inputs),
            *(_real(v, f'causality="output" {computed}') for v in outputs),
            "  </ModelVariables>",
            "  <ModelStructure>",
            "    <Outputs>",
            *unknowns,
            "    </Outputs>",
            "    <InitialUnknowns>",
            *unknowns,
            "    </InitialUnknowns>",
            "  </ModelStructure>",
            "</fmiModelDescription>",
        ]
    )


def build(name: str, sources: Sequence[str]) -> str:
    """How FMI 3.0 is told to compile the sources."""
    return _document(
        [
            '<fmiBuildDescription fmiVersion="3.0">',
            f'  <BuildConfiguration modelIdentifier="{name}">',
            '    <SourceFileSet language="C99">',
            *(f'      <SourceFile name="{file}"/>' for file in sources),
            "    </SourceFileSet>",
            "  </BuildConfiguration>",
            "</fmiBuildDescription>",
        ]
    )


def _document(lines: Sequence[str]) -> str:
    return "\n".join([HEAD, *lines]) + "\n"


def _tool() -> str:
    return f"sobolev {version('sobolev')}"


def _depends(inputs: Sequence[Variable]) -> str:
    # Readers take the pattern of the Jacobian and of the Hessian from here.
    references = " ".join(str(v.reference) for v in inputs)
    return f'dependencies="{references}" dependenciesKind="{" ".join(["dependent"] * len(inputs))}"'


def _float64(v: Variable, causality: str) -> str:
    unit = f" unit={quoteattr(v.unit)}" if v.unit else ""
    more = f" {v.more}" if v.more else ""
    return (
        f'    <Float64 name={quoteattr(v.name)} valueReference="{v.reference}" '
        f'causality="{causality}"{unit}{more}/>'
    )


def _real(v: Variable, kind: str) -> str:
    unit = f" unit={quoteattr(v.unit)}" if v.unit else ""
    more = f" {v.more}" if v.more else ""
    return (
        f'    <ScalarVariable name={quoteattr(v.name)} valueReference="{v.reference}" {kind}>'
        f"<Real{unit}{more}/></ScalarVariable>"
    )


def _units(every: Sequence[Variable]) -> list[str]:
    units = sorted({v.unit for v in every} - {""})
    if not units:
        return []
    lines = ["  <UnitDefinitions>"]
    for unit in units:
        found = base_of(unit)
        inner = ""
        if found is not None and (found.powers or found.factor != 1):
            base = "".join(f' {what}="{power}"' for what, power in found.powers.items())
            more = (("factor", found.factor, 1.0), ("offset", found.offset, 0.0))
            base += "".join(f' {what}="{literal(n)}"' for what, n, usual in more if n != usual)
            inner = f"<BaseUnit{base}/></Unit>"
        lines.append(f"    <Unit name={quoteattr(unit)}{'>' if inner else '/>'}{inner}")
    return [*lines, "  </UnitDefinitions>"]


def _categories() -> list[str]:
    each = [f'    <Category name="{name}"/>' for name in CATEGORIES]
    return ["  <LogCategories>", *each, "  </LogCategories>"]


def _clean(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(c for c in text if c.isprintable())
