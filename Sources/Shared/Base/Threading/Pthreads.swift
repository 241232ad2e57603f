// POSIX threads that nobody joins, and a lock with a condition variable. Swift's standard library has neither.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs `body` on a new detached thread, and returns whether the thread could be created.
///
/// Everything that `body` captures lives until it returns. Nobody joins the thread: one that waits for input must not
/// keep a process that has failed elsewhere from exiting.
public func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
  let argument = Unmanaged.passRetained(ThreadBody(body))
  #if canImport(Darwin)
    var thread: pthread_t?
  #else
    var thread = pthread_t()
  #endif
  guard pthread_create(&thread, nil, { runThread($0) }, argument.toOpaque()) == 0 else {
    argument.release()
    return false
  }
  #if canImport(Darwin)
    pthread_detach(thread!)
  #else
    pthread_detach(thread)
  #endif
  return true
}

private final class ThreadBody {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

#if canImport(Darwin)
  private func runThread(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
  }
#else
  private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadBody>.fromOpaque(argument!).takeRetainedValue().run()
    return nil
  }
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
