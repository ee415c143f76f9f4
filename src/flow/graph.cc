#include "flow/graph.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace limen::flow {

void misused(const std::string& how) {
  std::fprintf(stderr, "flow: %s\n", how.c_str());
  std::abort();
}

Node::Node(Graph& graph, std::string name)
    : graph_(graph), name_(std::move(name)), position_(static_cast<uint16_t>(graph.nodes_.size())) {
  graph.nodes_.push_back(this);
  graph.dirty_.emplace_back();
}

void Node::require_above(const Node& read) const {
  if (read.position_ >= position_) {
    misused("the rule of " + name_ + " reads " + read.name_ +
            ", which is not created before its own");
  }
}

void Node::own(const Node& node) {
  require_above(node);
  own_.push_back(&node);
}

void Reads::note(const Node& node, void* entry, CellId& cell) {
  reader_->require_above(node);
  if (cell == kNone) cell = node.graph_.cells_.add({entry, kNone, node.position_});
  cells_.push_back(cell);
}

bool Reads::is_own(const Node& node, const void* key) const {
  const auto& own = reader_->own_;
  return key == key_ && std::find(own.begin(), own.end(), &node) != own.end();
}

size_t Graph::commit() {
  committing_ = true;
  size_t count = 0;
  for (std::vector<RowId>& dirty : dirty_) {
    // A rule's outcome makes rows of later tables dirty, never of this one: see Reads::note().
    for (RowId row : dirty) run(row);
    count += dirty.size();
    dirty.clear();
  }
  free_unread_cells();
  committing_ = false;
  return count;
}

void Graph::run(RowId row) {
  rows_[row].dirty = false;
  Node& node = *nodes_[rows_[row].node];
  reads_.reader_ = &node;
  reads_.key_ = node.key_of(rows_[row].entry);
  reads_.cells_.clear();
  const bool exists = node.run(rows_[row].entry, reads_);
  set_reads(row);
  if (!exists) rows_.remove(row);
}

// Keeps the edges that stay: both sides are in the order of their cells.
void Graph::set_reads(RowId row) {
  std::vector<CellId>& cells = reads_.cells_;
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  auto& edges = rows_[row].edges;
  size_t old = 0;
  scratch_.clear();
  for (CellId cell : cells) {
    while (old < edges.size() && edges_[edges[old]].cell < cell) unlink(edges[old++]);
    const bool stays = old < edges.size() && edges_[edges[old]].cell == cell;
    scratch_.push_back(stays ? edges[old++] : link(row, cell));
  }
  while (old < edges.size()) unlink(edges[old++]);
  edges.assign(scratch_.begin(), scratch_.end());
}

uint32_t Graph::link(RowId row, CellId cell) {
  uint32_t& first = cells_[cell].first_edge;
  const uint32_t edge = edges_.add({cell, row, kNone, first});
  if (first != kNone) edges_[first].previous = edge;
  return first = edge;
}

void Graph::unlink(uint32_t edge) {
  const Edge it = edges_[edge];
  (it.previous != kNone ? edges_[it.previous].next : cells_[it.cell].first_edge) = it.next;
  if (it.next != kNone) edges_[it.next].previous = it.previous;
  edges_.remove(edge);
  if (cells_[it.cell].first_edge == kNone) unread_.push_back(it.cell);
}

void Graph::free_unread_cells() {
  for (CellId cell : unread_) {
    const Cell it = cells_[cell];
    if (it.entry == nullptr || it.first_edge != kNone) continue;  // freed already, or read again
    nodes_[it.node]->unread(it.entry);
    cells_.remove(cell);
  }
  unread_.clear();
}

RowId Graph::new_row(const Node& node, void* entry) {
  return rows_.add({entry, node.position_, false, {}});
}

void Graph::touch(CellId cell) {
  if (cell == kNone) return;
  for (uint32_t edge = cells_[cell].first_edge; edge != kNone; edge = edges_[edge].next) {
    mark_dirty(edges_[edge].row);
  }
}

void Graph::mark_dirty(RowId row) {
  Row& it = rows_[row];
  if (it.dirty) return;
  it.dirty = true;
  dirty_[it.node].push_back(row);
}

std::vector<Counters> Graph::counters() const {
  std::vector<Counters> result;
  for (const Node* node : nodes_) result.push_back(node->counters());
  return result;
}

}  // namespace limen::flow
