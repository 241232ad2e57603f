// A lock, and a way to sleep until what it guards has changed.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mutex with one condition variable. The standard library has mutexes, but nothing to wait on.
///
/// pthread's objects must not move, so they live behind pointers.
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

  /// Runs `body` while no other thread is in it.
  package func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Within `locked`: lets others in until one of them signals. It may return without, so look again.
  package func wait() { pthread_cond_wait(changed, mutex) }

  /// Within `locked`: wakes the thread that waits, if one does.
  package func signal() { pthread_cond_signal(changed) }

  /// Within `locked`: wakes all threads that wait.
  package func broadcast() { pthread_cond_broadcast(changed) }
}
