"""What must not be read in public: names, phones, ID numbers, addresses (contract, section 4; FORMATS c)."""


def found_in(text: str, *, harmless: list[str]) -> list[str]:
    """Names, phones and ID numbers of the registry that stand in the text, each as a sentence."""
    return []
