"""Tables for the README, printed by `make bench`; nothing here is part of the product, and none of it is tested."""
