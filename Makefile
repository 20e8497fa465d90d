# One command each; every target installs what it needs into .venv first. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BASE := FacialExpressionRecognition
# The CSV that benchmarks and figures are measured on; a path, plain or .gz.
FER2013 ?= $(BASE)/fer2013/fer2013.csv
# The folder with val.csv and val/ that face detectors are compared on; without it `make bench` leaves them out.
FACES ?=

# FER+'s votes, fer2013new.csv, which the released models also learned from.
FERPLUS ?= $(BASE)/fer2013/fer2013new.csv

.DEFAULT_GOAL := help
.PHONY: help demo serve site test lint format docs bench bench-collections bench-peers fuzz faults figures reproduce clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.detect: requirements-detect.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-detect.txt
	@touch $@

$(VENV)/.run: $(VENV)/.detect requirements.txt requirements-train.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run $(filter-out requirements-docs.txt requirements-peers%,$(wildcard requirements-*.txt))
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-track.txt
	@touch $@

$(VENV)/.serve: $(VENV)/.detect requirements-serve.txt requirements-recommend.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-serve.txt -r requirements-recommend.txt
	@touch $@

$(VENV)/.docs: $(VENV)/.run requirements-docs.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	@touch $@

$(VENV)-peers/.fer: requirements-peers.txt requirements-peers-imports.txt
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-peers-imports.txt
	$(VENV)-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-peers.txt
	@touch $@

demo: $(VENV)/.detect ## find and read the face in the sample photograph
	$(BIN)/python EmotionDetector.py

serve: $(VENV)/.serve ## serve the page and the HTTP interface at http://127.0.0.1:8000/
	$(BIN)/python EmotionServer.py $(SERVE_OPTIONS)

node_modules/.ready: package.json package-lock.json
	npm ci --no-audit --no-fund --ignore-scripts
	@touch $@

ORT := emotion_recognition/serving/page/ort
$(ORT)/.ready: node_modules/.ready
	mkdir -p $(ORT)
	cp node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs \
		node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm $(ORT)/
	@touch $@

site: $(VENV)/.detect $(ORT)/.ready ## write the page for any static host into site/: detection in the browser, no server
	$(BIN)/python -m emotion_recognition.serving.site site

test: $(VENV)/.dev ## run the whole test suite; without npm, all but what runs the page
	@if command -v npm > /dev/null; then \
		$(MAKE) --no-print-directory $(ORT)/.ready; \
	else \
		echo "npm is not installed: the tests of the page are skipped"; \
	fi
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

lint: $(VENV)/.dev ## check format, style, types and import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports

format: $(VENV)/.dev ## format the code and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.docs ## make the API pages in docs/api; a warning is an error
	PYTHONPATH=. $(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --fresh-env docs/api_pages docs/api
	@echo "Wrote docs/api/index.html"

bench: $(VENV)/.run ## measure speed, each figure beside its comparison in the same run
	$(BIN)/python -m benchmarks.build_dataset $(FER2013)
	$(BIN)/python -m benchmarks.build_folder $(FER2013)
	$(BIN)/python -m benchmarks.training_speed -b $(BASE)
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.prediction_speed
	$(BIN)/python -m benchmarks.runtimes -b $(BASE) --networks vggnet_small vggnet_tiny
	$(BIN)/python -m benchmarks.detection
	$(BIN)/python -m benchmarks.architectures -b $(BASE) --time_steps 5
	$(BIN)/python -m benchmarks.memory -b $(BASE)
	$(BIN)/python -m benchmarks.video
	$(BIN)/python -m benchmarks.peers -b $(BASE)
	@if [ -n "$(FACES)" ]; then \
		$(BIN)/python -m benchmarks.face_detectors --faces "$(FACES)" --damages; \
	else \
		echo "face detectors are not compared; name the folder with val.csv and val/: make bench FACES=folder"; \
	fi

bench-collections: $(VENV)/.dev ## measure collections on processes and Ray nodes, and memory; then kill what runs, 20 times
	$(BIN)/python -m benchmarks.collection_speed
	$(BIN)/python -m benchmarks.collection_memory
	$(BIN)/python -m benchmarks.collection_kills

bench-peers: $(VENV)/.detect $(VENV)-peers/.fer ## measure detection beside the package fer, which gets an environment of its own
	$(BIN)/python -m benchmarks.peers -b $(BASE) --peer_python $(VENV)-peers/bin/python $(PEERS_OPTIONS)
	$(BIN)/python -m benchmarks.runtimes -b $(BASE) --peer_python $(VENV)-peers/bin/python

reproduce: $(VENV)/.run ## make the released emotion models again, days on a CPU: make reproduce FER2013=fer2013.csv FERPLUS=fer2013new.csv
	$(BIN)/python -m benchmarks.reproduce -b build/reproduced --fer2013 "$(FER2013)" --votes "$(FERPLUS)" --mixed_precision \
		$(if $(PHOTOGRAPHS),--photographs "$(PHOTOGRAPHS)")

fuzz: $(VENV)/.dev ## send the service thousands of damaged bodies, and all that its OpenAPI document allows
	$(BIN)/python -m benchmarks.service_fuzz
	$(BIN)/python -m benchmarks.service_document

faults: $(VENV)/.dev ## damage 100,000 files and kill every script at each state of its files, see docs/reliability.md
	$(BIN)/python -m benchmarks.faults --inputs 100000 --kills all

figures: $(VENV)/.run ## make the README's figures again from the released models' runs
	$(BIN)/python -m figures.make_figures -b $(BASE)
	$(BIN)/python -m figures.face_sheet -b $(BASE)

clean: ## remove the virtual environments, the API pages and caches
	rm -rf $(VENV) $(VENV)-peers docs/api node_modules site $(ORT) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
