"""Numbers as a locale writes them, by Babel's tables instead of the browser's: what the pages should say."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale
from babel.numbers import NumberPattern, get_minus_sign_symbol, get_plus_sign_symbol

# Babel knows the marks of these numbering systems, and leaves their digits to its callers
DIGITS = {"latn": "0123456789", "arab": "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"}


@dataclass(frozen=True)
class Writer:
    """Writes for one locale, by its BCP 47 tag."""

    tag: str

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.tag, sep="-")

    @property
    def system(self) -> str:
        return self.locale.default_numbering_system

    def number(self, value: Decimal | int, digits: int = 0) -> str:
        """With so many digits after the mark."""
        text = self._applied(self.locale.decimal_formats[None], abs(Decimal(value)), digits)
        return (get_minus_sign_symbol(self.locale, numbering_system=self.system) if value < 0 else "") + text

    def money(self, minor: int, exponent: int) -> str:
        return self.number(Decimal(minor).scaleb(-exponent), exponent)

    def change(self, share: Decimal, falls: bool) -> str:
        """A share of one in per cent, to a tenth and always with its sign."""
        sign = get_minus_sign_symbol if falls else get_plus_sign_symbol
        text = self._applied(self.locale.percent_formats[None], abs(share), 1)
        return sign(self.locale, numbering_system=self.system) + text

    def _applied(self, pattern: NumberPattern, value: Decimal, digits: int) -> str:
        exact = copy.copy(pattern)
        exact.frac_prec = (digits, digits)
        text = exact.apply(value, self.locale, numbering_system=self.system)
        percent = self.locale.number_symbols[self.system]["percentSign"]
        return text.replace("%", percent).translate(str.maketrans(DIGITS["latn"], DIGITS[self.system]))
