#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sallyport::runtime {

// Threads for what blocks, behind a bounded queue. Callable from any thread.
class Workers {
 public:
  Workers(unsigned threads, std::size_t queue_limit);
  ~Workers();  // stop()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // False where the queue is full or the workers are stopping; then `task` was not taken.
  bool submit(std::function<void()> task);
  std::size_t queued() const;
  // Finishes what has begun, drops what has not.
  void stop();

 private:
  void work();

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  const std::size_t queue_limit_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sallyport::runtime
