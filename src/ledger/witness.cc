#include "ledger/witness.h"

#include <algorithm>

namespace sallyport::ledger {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64u << 10;
// Clocks differ a little; a cosignature from further ahead is not believed.
constexpr Duration kFutureTolerance = std::chrono::minutes(5);

}  // namespace

std::string add_checkpoint_body(std::uint64_t old_size, const crypto::MerkleProof& proof,
                                std::string_view checkpoint) {
  std::string body = "old " + std::to_string(old_size) + "\n";
  for (const crypto::MerkleHash& hash : proof) body += format_hash(hash) + "\n";
  body += "\n";
  return body.append(checkpoint);
}

Result<NoteSignature> parse_cosignatures(std::string_view body, std::string_view checkpoint_text,
                                         const VerifierKey& key, WallTime now) {
  if (body.size() > kMaxAnswerBytes)
    return fail(Code::too_large, "a witness's answer is too large", Source::upstream);
  std::size_t lines = 0;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos || ++lines > kMaxNoteSignatures) break;
    const Result<NoteSignature> signature = parse_signature_line(body.substr(0, end));
    if (!signature)
      return fail(Code::protocol, "a witness's answer has a line that is no signature",
                  Source::upstream);
    body.remove_prefix(end + 1);
    if (signature->name != key.name || signature->id != key.id()) continue;
    const Note note{std::string(checkpoint_text), {*signature}};
    const Result<std::vector<Verified>> verified = verify_note(note, std::vector{key});
    if (!verified) return Failure(verified.error());
    if (verified->front().time > now + kFutureTolerance) {
      return fail(Code::protocol, "a witness cosigned in the future", Source::upstream);
    }
    return *signature;
  }
  return fail(Code::unauthenticated, "a witness's answer has no cosignature of its key",
              Source::upstream);
}

Result<std::uint64_t> parse_witness_size(std::string_view body) {
  if (!body.ends_with('\n') || body.size() > 21) {
    return fail(Code::protocol, "a witness's conflict names no size", Source::upstream);
  }
  body.remove_suffix(1);
  return parse_size(body);
}

Result<std::string> add_signatures(std::string_view bytes,
                                   const std::vector<NoteSignature>& signatures) {
  Result<Note> note = Note::parse(bytes);
  if (!note) return Failure(note.error());
  for (const NoteSignature& signature : signatures) {
    const bool there = std::any_of(
        note->signatures.begin(), note->signatures.end(), [&](const NoteSignature& other) {
          return other.name == signature.name && other.id == signature.id;
        });
    if (!there && note->signatures.size() < kMaxNoteSignatures)
      note->signatures.push_back(signature);
  }
  return note->serialise();
}

Result<void> publish_witnessed(Files& files, const std::string& public_folder,
                               std::string_view note,
                               const std::vector<NoteSignature>& signatures) {
  const Result<std::string> whole = add_signatures(note, signatures);
  if (!whole) return Failure(whole.error());
  return replace_file(files, public_folder + "/" + std::string(kWitnessedCheckpoint), *whole);
}

WitnessClient::WitnessClient(WitnessConfig config, http::Fetcher& fetcher,
                             std::shared_ptr<TileSource> source, const Clock& clock)
    : config_(std::move(config)), fetcher_(fetcher), source_(std::move(source)), clock_(clock) {}

WallTime WitnessClient::last_cosigned() const {
  const std::lock_guard lock(mutex_);
  return last_cosigned_;
}

std::uint64_t WitnessClient::cosigned_size() const {
  const std::lock_guard lock(mutex_);
  return cosigned_size_;
}

void WitnessClient::submit(std::string checkpoint_note, Done done) {
  bool busy = false;
  {
    const std::lock_guard lock(mutex_);
    busy = std::exchange(busy_, true);
  }
  if (busy)
    return done(
        fail(Code::conflict, "a request to this witness is under way", Source::internal, true));
  send(std::move(checkpoint_note), true, std::move(done));
}

void WitnessClient::finish(const Done& done, Result<NoteSignature> result) {
  {
    const std::lock_guard lock(mutex_);
    busy_ = false;
  }
  done(std::move(result));
}

void WitnessClient::send(std::string note, bool may_retry, Done done) {
  const Result<Note> parsed = Note::parse(note);
  if (!parsed) return finish(done, Failure(parsed.error()));
  const Result<Checkpoint> checkpoint = Checkpoint::parse(parsed->text);
  if (!checkpoint) return finish(done, Failure(checkpoint.error()));
  std::uint64_t old_size = 0;
  Result<crypto::MerkleProof> proof;
  {
    const std::lock_guard lock(mutex_);
    old_size = known_size_;
    if (old_size <= checkpoint->size) {
      TileReader reader(*source_, checkpoint->size);
      proof = reader.consistency(old_size);
    }
  }
  if (old_size > checkpoint->size) {
    return finish(done,
                  fail(Code::conflict, "the witness has seen a larger tree than this checkpoint's",
                       Source::upstream));
  }
  if (!proof) return finish(done, Failure(proof.error()));
  http::FetchRequest request;
  request.method = "POST";
  request.url = config_.url + "/add-checkpoint";
  request.headers.add("content-type", "text/plain; charset=utf-8");
  request.body = add_checkpoint_body(old_size, *proof, note);
  request.max_response_bytes = kMaxAnswerBytes;
  fetcher_.fetch(std::move(request),
                 [self = shared_from_this(), note = std::move(note), may_retry,
                  done = std::move(done)](Result<http::FetchResponse> response) {
                   self->on_response(note, may_retry, std::move(response), done);
                 });
}

void WitnessClient::on_response(const std::string& note, bool may_retry,
                                Result<http::FetchResponse> response, const Done& done) {
  if (!response) return finish(done, Failure(response.error()));
  const Result<Note> parsed = Note::parse(note);
  if (!parsed) return finish(done, Failure(parsed.error()));
  if (response->status == 200) {
    Result<NoteSignature> signature =
        parse_cosignatures(response->body, parsed->text, config_.key, clock_.wall());
    const Result<Checkpoint> checkpoint = Checkpoint::parse(parsed->text);
    if (signature && checkpoint) {
      const std::lock_guard lock(mutex_);
      known_size_ = checkpoint->size;
      cosigned_size_ = checkpoint->size;
      last_cosigned_ = clock_.wall();
    }
    return finish(done, std::move(signature));
  }
  if (response->status == 409) {
    const Result<std::uint64_t> size = parse_witness_size(response->body);
    if (!size) return finish(done, Failure(size.error()));
    bool news = false;
    {
      const std::lock_guard lock(mutex_);
      news = *size != known_size_;
      known_size_ = *size;
    }
    if (news && may_retry) return send(note, false, done);
    return finish(done, fail(Code::conflict,
                             "the witness knows another tree of that size, or changes its mind",
                             Source::upstream));
  }
  const bool retryable = response->status >= 500 || response->status == 429;
  finish(done, fail(Code::protocol,
                    "the witness answered with status " + std::to_string(response->status),
                    Source::upstream, retryable));
}

}  // namespace sallyport::ledger
