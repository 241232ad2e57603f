// The command fm-train in several threads that share a run, like processes that MPI connects.

import ByteIO
import CommandLine
import Foundation
import MemoryStreams
import NetworkSamples
import Testing
import Training

@testable import TrainCommand

@Suite struct SharingTests {
  /// A thread in place of a process.
  private final class Peer: RunPeers {
    private let thread: ThreadPeers
    var rank: Int { thread.rank }
    var count: Int { thread.count }
    var host: String { "host\(rank)" }
    /// Called with the rank before each exchange that all processes take part in.
    private let watch: @Sendable (Int) -> Void

    init(_ thread: ThreadPeers, watching watch: @escaping @Sendable (Int) -> Void) {
      self.thread = thread
      self.watch = watch
    }

    func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) { thread.send(bytes, to: rank) }
    func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) { thread.receive(bytes, from: rank) }
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) {
      watch(self.rank)
      thread.broadcast(bytes, from: rank)
    }
    func gather(_ all: UnsafeMutableRawBufferPointer, parts: [Range<Int>]) {
      watch(rank)
      thread.gather(all, parts: parts)
    }
    func tell(_ isOn: Bool) {}
    func abort(_ message: String?, status: Int32) -> Never { fatalError(message ?? "abort") }
  }

  /// Calls `body` with the path of a folder that has `data.raw` and, with one image less, `fewer.raw`.
  private func withData(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("fm-tools-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, count) in [("data.raw", 60), ("fewer.raw", 59)] {
      let bytes = try stream(Dataset.pictures(count).records())
      try Data(bytes).write(to: folder.appendingPathComponent(name))
    }
    try body(folder.path + "/")
  }

  private static func train(_ arguments: [String], with peers: (any RunPeers)?) throws {
    guard let command = try FMTrain.parseAsRoot(arguments + ["--quiet", "--jobs", "1"]) as? FMTrain else {
      throw ValidationError("no training")
    }
    try command.run(with: peers)
  }

  /// Trains in `count` threads and returns the error message of each, if any. `arguments` and `watch` take the
  /// rank of a thread; `watch` is called before each exchange.
  private func errors(
    _ count: Int, watching watch: @escaping @Sendable (Int) -> Void = { _ in },
    _ arguments: @escaping @Sendable (Int) -> [String]
  ) throws -> [String?] {
    try ThreadPeers.run(count) { thread in
      do {
        try Self.train(arguments(thread.rank), with: Peer(thread, watching: watch))
        return nil
      } catch {
        return FMTrain.message(ofFailure: error)
      }
    }
  }

  private static let options = [
    "--arch", "conv:4 norm relu pool linear:9 relu", "--epochs", "3", "--batch-size", "16", "--seed", "2",
  ]

  @Test func aSharedRunWritesTheSameFileAsOneProcess() throws {
    try withData { folder in
      let data = folder + "data.raw"
      try Self.train(Self.options + ["-o", folder + "one.st", data], with: nil)
      for count in [1, 3] {
        // Each thread names a file of its own, but only the first writes one.
        let thrown = try errors(count) { rank in Self.options + ["-o", folder + "many\(rank).st", data] }
        #expect(thrown == Array(repeating: nil, count: count))
        let one = try Data(contentsOf: URL(fileURLWithPath: folder + "one.st"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "many0.st")) == one)
        #expect(!FileManager.default.fileExists(atPath: folder + "many1.st"))
        try FileManager.default.removeItem(atPath: folder + "many0.st")
      }
    }
  }

  /// A copy of the first checkpoint is what a killed run would leave. The first process writes it and copies it.
  @Test func aRunResumesWithAnyNumberOfProcesses() throws {
    try withData { folder in
      let data = folder + "data.raw"
      try Self.train(Self.options + ["-o", folder + "one.st", data], with: nil)
      let (run, killed) = (folder + "run.st", folder + "killed.st")
      let saving = ["--checkpoint", run, "--checkpoint-every", "0", "-o", folder + "many.st", data]
      let whole = try errors(
        3,
        watching: { rank in
          // Fails before the first checkpoint, and after the first copy.
          if rank == 0 { try? FileManager.default.copyItem(atPath: run, toPath: killed) }
        }
      ) { _ in Self.options + saving }
      #expect(whole == Array(repeating: nil, count: 3))
      let copy = try Data(contentsOf: URL(fileURLWithPath: killed))
      let last = try Data(contentsOf: URL(fileURLWithPath: run))
      try #require(copy != last)
      let resuming = ["--checkpoint", killed, "--resume", "-o", folder + "again.st", data]
      let resumed = try errors(2) { _ in Self.options + resuming }
      #expect(resumed == Array(repeating: nil, count: 2))
      let one = try Data(contentsOf: URL(fileURLWithPath: folder + "one.st"))
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "many.st")) == one)
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "again.st")) == one)
    }
  }

  @Test func differencesBetweenProcessesAreNamed() throws {
    try withData { folder in
      let model = ["-o", folder + "x.st"]
      let data = try errors(2) { rank in
        Self.options + model + [folder + (rank == 0 ? "data.raw" : "fewer.raw")]
      }
      let line =
        "fm-train: process 1 on host1: its training images differ from process 0's; each process needs the same files,"
        + " options and kernels"
      #expect(data == [line, line])
      let options = try errors(2) { rank in
        Self.options + ["--label-smoothing", "0.\(rank)"] + model + [folder + "data.raw"]
      }
      #expect(options.allSatisfy { $0?.contains("its options differ from process 0's") == true })
      #expect(!FileManager.default.fileExists(atPath: folder + "x.st"))
    }
  }

  @Test func allProcessesReportAFileThatOneCannotRead() throws {
    try withData { folder in
      let missing = try errors(3) { rank in
        Self.options + ["-o", folder + "x.st", folder + (rank == 1 ? "nothere.raw" : "data.raw")]
      }
      let line =
        "fm-train: process 1 on host1: \(folder)nothere.raw: cannot open for reading: No such file or directory"
      #expect(missing == [line, line, line])
      #expect(!FileManager.default.fileExists(atPath: folder + "x.st"))
    }
  }

  @Test(arguments: [
    (["--arch", "list"], "--arch list"), (["--arch", "cnn", "--lr-find", "d.raw"], "--lr-find"),
    (["--arch", "cnn", "-o", "m.st"], "standard input"),
    (["--arch", "cnn", "-o", "m.st", "-"], "standard input"),
    (["--arch", "cnn", "-o", "m.st", "d.raw"], nil),
  ]) func someOptionsAreForOneProcess(_ arguments: [String], _ option: String?) throws {
    let command = try #require(try FMTrain.parseAsRoot(arguments) as? FMTrain)
    #expect(command.optionOfOneProcess == option)
  }
}
