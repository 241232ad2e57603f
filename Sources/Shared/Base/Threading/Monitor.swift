// A lock, and a condition variable to sleep on until the data it guards has changed.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mutex with one condition variable. The standard library has mutexes, but no condition variables.
///
/// Pthread objects must not move, so they are allocated on the heap.
package final class Monitor: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` while holding the mutex.
  package func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Within `locked`: releases the mutex until another thread signals. Wake-ups can be spurious, so check again.
  package func wait() { pthread_cond_wait(changed, mutex) }

  /// Within `locked`: wakes one waiting thread, if there is one.
  package func signal() { pthread_cond_signal(changed) }

  /// Within `locked`: wakes all waiting threads.
  package func broadcast() { pthread_cond_broadcast(changed) }
}
