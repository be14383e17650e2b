"""Every target, found by walking this folder: a module with a TARGET is one, and its name is the target's."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from offermill.errors import ConfigError
from offermill.settings import Settings
from offermill.settings_channels import ChannelSettings
from offermill.yamlfile import nearest
from offers import channels
from offers.channels.contract import Target


@cache
def targets() -> Mapping[str, Target]:
    """Return every target by its name, in alphabetical order."""
    modules = {info.name: import_module(f"{channels.__name__}.{info.name}") for info in iter_modules(channels.__path__)}
    found = {name: module.TARGET for name, module in sorted(modules.items()) if hasattr(module, "TARGET")}
    return MappingProxyType(found)


def options_of(target: Target, given: Mapping[str, str]) -> dict[str, str | None]:
    """Return the value of every option of the target: what the block says, or what stands."""
    return {name: given.get(name, standing) for name, standing, _ in target.options}


def _problems(name: str, block: ChannelSettings) -> list[str]:
    place = f"channels.{name}"
    target = targets().get(block.target)
    if target is None:
        known = list(targets())
        return [f"{place}.target: {block.target!r} is no known target.{nearest(block.target, known)} "
                f"Known targets: {', '.join(known)}."]  # fmt: skip
    options = [option for option, _, _ in target.options]
    problems = [
        f"{place}.options: {option!r} is no option of {target.name}.{nearest(option, options)} "
        f"It has {', '.join(options) or 'none'}."
        for option in block.options
        if option not in options
    ]
    problems += [
        f"{place}.options.{option}: is missing. {meaning}"
        for option, standing, meaning in target.options
        if standing is None and option not in block.options
    ]
    problems += [
        f"{place}.options.{option}: {block.options[option]!r} is none of {', '.join(values)}."
        for option, values in target.choices
        if block.options.get(option, values[0]) not in values
    ]
    cannot = [channel for channel in block.channel if target.channels and channel not in target.channels]
    if cannot:
        problems.append(f"{place}.channel: {target.name} carries {', '.join(target.channels)}, not {cannot[0]}.")
    return problems


def check(settings: Settings) -> None:
    """Look at every block of `channels`.

    Raises:
        ConfigError: an unknown target, a wrong or missing option, a channel it cannot carry; a line for each.
    """
    problems = [problem for name, block in settings.channels.items() for problem in _problems(name, block)]
    if problems:
        raise ConfigError("\n".join(f"shop.yml: {problem}" for problem in problems))
