"""The decorator of every task: it runs each time that it is called, and Prefect stores nothing of what it returns.

What must not be made twice is a file, which the task itself finds again; its name stands for what the file depends on.
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

uncached_task = task(cache_policy=NO_CACHE, persist_result=False)
