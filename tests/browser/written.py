"""Numbers as a locale writes them, by Babel's tables instead of the browser's: what the pages should say."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from decimal import Decimal

from babel import Locale

# Babel leaves the digits of a locale's own numbering system, and the mark that goes before their sign, to its callers.
OWN_DIGITS = {"ar_KW": ("\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669", "\u061c")}


@dataclass(frozen=True)
class Writer:
    """Writes for one locale, by its BCP 47 tag."""

    tag: str

    def number(self, value: Decimal | int, digits: int = 0) -> str:
        """With so many digits after the mark."""
        locale = Locale.parse(self.tag, sep="-")
        pattern = copy.copy(locale.decimal_formats[None])
        pattern.frac_prec = (digits, digits)
        return self._in_own_digits(str(locale), pattern.apply(Decimal(value), locale, numbering_system="default"))

    def money(self, minor: int, exponent: int) -> str:
        return self.number(Decimal(minor).scaleb(-exponent), exponent)

    def percent(self, share: Decimal, digits: int = 0) -> str:
        """Of a share of one."""
        locale = Locale.parse(self.tag, sep="-")
        pattern = copy.copy(locale.percent_formats[None])
        pattern.frac_prec = (digits, digits)
        return self._in_own_digits(str(locale), pattern.apply(share, locale, numbering_system="default"))

    @staticmethod
    def _in_own_digits(locale: str, text: str) -> str:
        digits, before_sign = OWN_DIGITS.get(locale, ("0123456789", ""))
        return text.translate(str.maketrans("0123456789", digits)).replace("-", f"{before_sign}-")
