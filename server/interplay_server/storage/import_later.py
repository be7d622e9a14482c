"""Packages whose parts are imported without the package's own module, which is executed when somebody asks for it."""

import importlib.util
import sys
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__spec__ is None or self.__spec__.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def import_later(package: str) -> None:
    """Does nothing where it is imported already, or is not installed."""
    if package in sys.modules or (spec := importlib.util.find_spec(package)) is None:
        return
    module = importlib.util.module_from_spec(spec)
    module.__class__ = _Later
    sys.modules[package] = module
