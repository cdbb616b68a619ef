"""Words: neighbours, analogies, the odd one out, a walk from one to another."""
