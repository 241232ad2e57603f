# Builds, tests and installs fm-tools: `make` lists the targets. Works with GNU make 3.81, which macOS has, and newer.

SWIFT   ?= swift
PREFIX  ?= /usr/local
DESTDIR ?=

# `make install DESTDIR=/tmp/package PREFIX=/usr` stages files under DESTDIR that are meant for PREFIX.
bindir  = $(DESTDIR)$(PREFIX)/bin
man1dir = $(DESTDIR)$(PREFIX)/share/man/man1
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir  = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
# The folder of models that have names, also in Sources/Shared/Tools/ModelOptions/ModelPath.swift.
modeldir = $(DESTDIR)$(PREFIX)/share/fm-tools/models

COMMANDS = idx2raw png2raw img2raw raw2png fm-split fm-train fm-predict fm-eval fm-audit fm-plot fm-info fm-export

# On Linux the Swift libraries are linked statically, so that the commands run where Swift is not installed. Other
# linkers than lld would warn about a function in Foundation that nothing here calls.
ifeq ($(shell uname -s),Linux)
RELEASE_FLAGS ?= --static-swift-stdlib -Xswiftc -use-ld=lld
# Half of such a command is symbols for debuggers. (On macOS, stripping would break the code signature.)
STRIP = -s
endif

# `make test WARNINGS=error` turns compiler warnings into errors.
ifeq ($(WARNINGS),error)
DEBUG_FLAGS += -Xswiftc -warnings-as-errors
endif

.DEFAULT_GOAL = help
.PHONY: help build demo test check check-kernels check-resume check-package check-scale mpi lint format bench \
  install uninstall package clean

help:  ## list the targets
	@echo 'fm-tools: train, run and judge image classifiers in shell pipelines. Targets:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Variables: PREFIX=$(PREFIX), DESTDIR=, SWIFT=$(SWIFT), WARNINGS=error'

build:  ## build the commands in .build/release
	scripts/install-packages build
	$(SWIFT) build -c release $(RELEASE_FLAGS)

demo: build  ## run the whole pipeline: train on Fashion-MNIST, predict its test images, judge the result
	scripts/install-packages demo
	scripts/demo

# The tests start commands some thousand times. They start the optimised commands, which users get: debug builds of the
# argument parser examine all options at each start, which takes longer than the work itself.
test: build  ## build and run the tests
	scripts/install-packages test
	$(SWIFT) build --build-tests $(DEBUG_FLAGS)
	FM_TOOLS_BIN="$${FM_TOOLS_BIN:-$(CURDIR)/.build/release}" $(SWIFT) test --skip-build $(DEBUG_FLAGS)

check:  ## run the checks that a change must pass: format, a build without warnings, tests
	$(MAKE) lint
	$(MAKE) test WARNINGS=error

check-kernels:  ## check the machine code of the kernels' loops (Linux, x86-64)
	scripts/install-packages check-kernels
	$(SWIFT) build -c release --product fm-train $(RELEASE_FLAGS)
	Benchmarks/hot-loops .build/release/fm-train

check-resume: build  ## stop training 70 times, with SIGTERM and SIGKILL, resume it, and compare the results
	Tests/check-resume

check-package:  ## check the files that `make package` made, and run the commands in them
	Tests/check-package

mpi:  ## build fm-train-mpi, which trains on several machines with MPI (needs Open MPI)
	scripts/install-packages mpi
	FM_TOOLS_MPI=1 $(SWIFT) build -c release --product fm-train-mpi $(RELEASE_FLAGS)

check-scale: build  ## run the commands under GNU parallel, Slurm, Spark, MPI (15 minutes)
	Tests/check-scale

lint:  ## check the format of all sources, and the imports of all modules
	scripts/install-packages lint
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
	scripts/module-map --check
	@if git grep -nE '^(<<<<<<<|>>>>>>>)( |$$)'; then echo 'found conflict markers of a merge' >&2; exit 1; fi

format:  ## format all sources
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

bench:  ## compare the speed with PyTorch and onnxruntime; prints a report in Markdown
	@Benchmarks/run.sh

# Builds nothing: for root, Swift may not be in PATH, and the files that it builds would belong to root.
install:  ## install the commands that `make build` built, man pages, completions and models under PREFIX
	@test -x .build/release/fm-train || { echo "type 'make build' first" >&2; exit 1; }
	install -d '$(bindir)' '$(man1dir)' '$(bashdir)' '$(zshdir)' '$(fishdir)' '$(modeldir)'
	install -m 644 models/*.safetensors '$(modeldir)'
	for command in $(COMMANDS); do \
	  install $(STRIP) -m 755 ".build/release/$$command" '$(bindir)' || exit; \
	  ".build/release/$$command" --generate-completion-script bash > "$(bashdir)/$$command" || exit; \
	  ".build/release/$$command" --generate-completion-script zsh > "$(zshdir)/_$$command" || exit; \
	  ".build/release/$$command" --generate-completion-script fish > "$(fishdir)/$$command.fish" || exit; \
	  scripts/man-page ".build/release/$$command" > "$(man1dir)/$$command.1" || exit; \
	done

uninstall:  ## remove the files that `make install` with the same PREFIX installed
	for command in $(COMMANDS); do \
	  rm -f "$(bindir)/$$command" "$(man1dir)/$$command.1" "$(bashdir)/$$command" \
	    "$(zshdir)/_$$command" "$(fishdir)/$$command.fish" || exit; \
	done
	for model in models/*.safetensors; do rm -f "$(modeldir)/$${model##*/}" || exit; done
	rmdir '$(modeldir)' '$(DESTDIR)$(PREFIX)/share/fm-tools' 2> /dev/null || true

package: build  ## make a tar archive and a Debian package of the commands in packages/
	scripts/install-packages package
	scripts/package

clean:  ## remove built files, packages, and the demo's files
	rm -rf .build demo packages
