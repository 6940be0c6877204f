"""Failing asserts of the contract explain themselves as those in test files do."""

import pytest

pytest.register_assert_rewrite("tests.providers.contract")
