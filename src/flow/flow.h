// flow: keyed tables whose derived rows are recomputed only when something they read has changed.
// README.md has the laws.  Used by translate/ only; one thread; one Graph::commit() per batch of
// changes.
#pragma once

#include "flow/derived.h"  // IWYU pragma: export
#include "flow/graph.h"    // IWYU pragma: export
#include "flow/index.h"    // IWYU pragma: export
#include "flow/table.h"    // IWYU pragma: export
