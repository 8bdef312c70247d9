# The same jobs as ./dev, for those who type make.
.PHONY: env check unit test demo fast clean

env check unit test demo fast:
	@./dev $@

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name '*.so' -not -path './.venv/*' -delete
