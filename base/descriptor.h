// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

namespace proofmark::base {

// A file descriptor that is closed on every way out; negative if opening failed.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace proofmark::base
