"""Tests that are coroutines run in an event loop of their own."""

import asyncio
import inspect

import pytest

MOST_SECONDS = 60  # a test that waits for ever says where, instead of keeping the whole run


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    test = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted})
    asyncio.run(asyncio.wait_for(test, MOST_SECONDS))
    return True
