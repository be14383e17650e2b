"""What a step does, in its own words: the comment that heads its SQL, or its function's docstring, read unimported."""

import ast
from functools import cache

from offermill import paths, sqlfiles
from offermill.flows import Step


def of(step: Step) -> str:
    """Return the step's explanation as Markdown, with the file it comes from."""
    return _of_sql(step.address) if step.call is None else _of_function(step.call)


def _of_sql(address: str) -> str:
    path = sqlfiles.path_of(address)
    heading: list[str] = []
    for line in sqlfiles.read(address).text.splitlines():
        if not line.startswith("--"):
            break
        heading.append(line.removeprefix("--").strip())
    return f"{' '.join(heading)}\n\n`{path.relative_to(paths.ROOT)}`"


def _of_function(call: str) -> str:
    module, name = call.split(":")
    docstring = _docstrings(module).get(name, "").strip()
    return f"{docstring}\n\n`{call}`"


@cache
def _docstrings(module: str) -> dict[str, str]:
    path = paths.ROOT.joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name: ast.get_docstring(node) or "" for node in tree.body if isinstance(node, ast.FunctionDef)}
