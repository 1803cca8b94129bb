"""An independent computation of every figure that Takings serves.

Its only input is what a client knows: the bodies that were accepted and what the
receipts say of identity, time and position. It has its own arithmetic (int, Fraction),
its own clock rules (zoneinfo) and shares no code and no table with the product.

    entries  an order's or a refund's money, from its body
    zones    local hours, days and ranges
    shop     one merchant's history and its fold at any position
    answers  what summary and series must answer
    rows     reading of the stored rows in Redis
"""
