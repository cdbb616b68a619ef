"""The words of all languages that hold sentences together and name nothing."""

# What says nothing of what a photo shows, among the frequent words of captions; of all languages together,
# since none of them is a noun, verb or adjective of captions in another.
_FUNCTION_WORDS = """
    a an the in on of with and is to are at next his her its their one ones by for from it this that while
    as through into over near up down behind front some any there be being or
    的 在 一个 着 上 正在 一只 两个 一群 有 里 两只 一 个 是 和
    ein einem mit auf eine und einer der im die einen über dem an den vor sich durch am ist das aus ihr sein
    um uma de em com e na no para está ao o enquanto por da do os as que
    في علي من امام مع بجانب الي هو هي
    un une des dans sur en d' et avec l' la le à est se les au aux du par qui son sa
    v s ve po si do je přes má z zatímco před u k
    una con el y los las mientras su están del al
    на в з у і по що біля за через а та
"""  # noqa: RUF001 - letters of their own
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
