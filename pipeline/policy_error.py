"""What a policy that makes no sense is refused with."""


class PolicyError(ValueError):
    """A policy that makes no sense: setting, value, and what is allowed."""

    def __init__(self, setting: str, value: object, allowed: str) -> None:
        """Take the setting's path in the file, the value found, and the values that are allowed."""
        super().__init__(f"{setting} = {value!r}: allowed is {allowed}")
        self.setting, self.value, self.allowed = setting, value, allowed


def need(condition: bool, setting: str, value: object, allowed: str) -> None:  # noqa: FBT001 -- reads as a sentence
    """Raise PolicyError unless the condition holds."""
    if not condition:
        raise PolicyError(setting, value, allowed)
