#include "store/connection.h"

#include <utility>

namespace sallyport::store {

std::string_view to_string(Trouble trouble) {
  switch (trouble) {
    case Trouble::none:
      return "none";
    case Trouble::busy:
      return "busy";
    case Trouble::full:
      return "full";
    case Trouble::readonly:
      return "readonly";
    case Trouble::io:
      return "io";
    case Trouble::unreachable:
      return "unreachable";
    case Trouble::timeout:
      return "timeout";
    case Trouble::corrupt:
      return "corrupt";
    case Trouble::constraint:
      return "constraint";
    case Trouble::other:
      return "other";
  }
  return "other";
}

bool is_passing(Trouble trouble) {
  switch (trouble) {
    case Trouble::busy:
    case Trouble::full:
    case Trouble::readonly:
    case Trouble::io:
    case Trouble::unreachable:
    case Trouble::timeout:
    // A corrupt file does not mend itself, but an operator may put a backup in its place.
    case Trouble::corrupt:
      return true;
    case Trouble::none:
    case Trouble::constraint:
    case Trouble::other:
      return false;
  }
  return false;
}

Result<Transaction> Transaction::begin(Connection& connection) {
  auto begun =
      connection.execute(connection.dialect() == Dialect::sqlite ? "BEGIN IMMEDIATE" : "BEGIN");
  if (!begun) return tl::unexpected(std::move(begun.error()));
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  if (connection_ == nullptr) return;
  // SQLite may already have rolled back by itself (disk full), and then this fails: the aim is
  // reached either way.
  [[maybe_unused]] const auto rolled_back = connection_->execute("ROLLBACK");
}

Result<> Transaction::commit() {
  auto committed = connection_->execute("COMMIT");
  if (!committed) return tl::unexpected(std::move(committed.error()));  // the destructor rolls back
  connection_ = nullptr;
  return {};
}

}  // namespace sallyport::store
