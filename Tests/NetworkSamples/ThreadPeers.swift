// Threads of one process that stand in for processes that train together.

import Execution
import Threading

/// One of several threads that send messages to each other.
package final class ThreadPeers: BatchPeers {
  package let rank: Int
  package var count: Int { mail.count }
  private let mail: Mail

  private init(rank: Int, _ mail: Mail) { (self.rank, self.mail) = (rank, mail) }

  package func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) {
    mail.put(Array(bytes), from: self.rank, to: rank)
  }

  package func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) {
    let message = mail.take(from: rank, to: self.rank)
    precondition(message.count == bytes.count, "received \(message.count) bytes, expected \(bytes.count)")
    bytes.copyBytes(from: message)
  }

  package func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) {
    if rank != self.rank { return receive(bytes, from: rank) }
    for other in 0..<count where other != rank { send(UnsafeRawBufferPointer(bytes), to: other) }
  }

  package func gather(_ all: UnsafeMutableRawBufferPointer, parts: [Range<Int>]) {
    for other in 0..<count where other != rank {
      send(UnsafeRawBufferPointer(rebasing: all[parts[rank]]), to: other)
    }
    for other in 0..<count where other != rank {
      receive(UnsafeMutableRawBufferPointer(rebasing: all[parts[other]]), from: other)
    }
  }

  /// Runs `body` on `count` threads and returns their results in order of rank.
  package static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadPeers) throws -> Result
  ) throws -> [Result] {
    let mail = Mail(count: count)
    let results = Results<Result>(count: count)
    for rank in 0..<count {
      let hasThread = startThread {
        results.set(rank, Swift.Result { try body(ThreadPeers(rank: rank, mail)) })
      }
      precondition(hasThread, "cannot create a thread for a peer")
    }
    return try results.wait().map { try $0.get() }
  }
}

/// The messages in transit.
private final class Mail: @unchecked Sendable {
  let count: Int
  private let monitor = Monitor()
  /// A queue for each sender and receiver, at `sender * count + receiver`, oldest message first.
  private var messages: [[[UInt8]]]

  init(count: Int) {
    self.count = count
    messages = Array(repeating: [], count: count * count)
  }

  func put(_ message: [UInt8], from: Int, to: Int) {
    monitor.locked {
      messages[from * count + to].append(message)
      monitor.broadcast()
    }
  }

  func take(from: Int, to: Int) -> [UInt8] {
    monitor.locked {
      while messages[from * count + to].isEmpty { monitor.wait() }
      return messages[from * count + to].removeFirst()
    }
  }
}

/// The results of the threads.
private final class Results<Value: Sendable>: @unchecked Sendable {
  private let monitor = Monitor()
  private var values: [Result<Value, any Error>?]

  init(count: Int) { values = Array(repeating: nil, count: count) }

  func set(_ index: Int, _ value: Result<Value, any Error>) {
    monitor.locked {
      values[index] = value
      monitor.signal()
    }
  }

  func wait() -> [Result<Value, any Error>] {
    monitor.locked {
      while values.contains(where: { $0 == nil }) { monitor.wait() }
      return values.map { $0! }
    }
  }
}
