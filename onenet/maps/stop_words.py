"""English words that say little by themselves and are left out of maps."""

_TEXT = """
    a about above across after against ahead all along alongside also among amongst amidst an and another
    any are around as at atop away back be been before behind being below beneath beside besides between
    beyond both but by can do does doing down during each either every for from had has have having he her
    hers herself him himself his how i if in inside into is it its itself just like may me more most much
    my near nearby next no nor not of off on onto or other others out outside over own past per rather s
    same she so some someone something somewhere such t than that the their theirs them themselves then
    there these they this those though through throughout till to together too toward towards under
    underneath until up upon upside us very via was way we were what when where whether which while whilst
    who whom whose why will with within without would you your
"""
STOP_WORDS = frozenset(_TEXT.split())
