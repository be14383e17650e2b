"""Models of vendors' own kits, without importing the kits whole: they hold over a thousand models each."""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def _without_init(package: str) -> None:
    """Make a package known whose modules can be imported while its own `__init__` is not run."""
    if package not in sys.modules:
        found = find_spec(package)
        assert found is not None
        bare = ModuleType(package)
        bare.__path__ = list(found.submodule_search_locations or ())
        sys.modules[package] = bare


def model(package: str, module: str, name: str) -> Any:
    """Return the class `package.models.module.name`."""
    _without_init(package)
    _without_init(f"{package}.models")
    return getattr(import_module(f"{package}.models.{module}"), name)
