class StackError(Exception):
    """Something the person at the keyboard has to know; `hint` says what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
