import ByteIO
import Foundation
import Testing

// What follows is called in processes of their own. Those inherit from the one that runs the tests which signals it
// ignores, and run on threads that block most signals.

private func receive(_ number: Int32) {
  var set = sigset_t()
  sigemptyset(&set)
  sigaddset(&set, number)
  pthread_sigmask(SIG_UNBLOCK, &set, nil)
  raise(number)
}

private func startAsByAShell() {
  for number in [SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ] { signal(number, SIG_DFL) }
}

/// Signals end a process, so each test has one of its own.
@Suite struct SignalTests {
  let folder: TemporaryDirectory
  init() throws {
    folder = try TemporaryDirectory()
    try folder.write("old".utf8, to: "out")
  }

  @Test(arguments: [SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ])
  func aSignalEndsTheProcessAndLeavesTheOldFilesOnly(number: Int32) async throws {
    let paths = [folder.path("out"), folder.path("new")]
    await #expect(processExitsWith: .signal(number)) { [number, paths = paths as [String]] in
      startAsByAShell()
      let outputs = try paths.map { try OutputFile(path: $0) }
      for output in outputs {
        try output.write("unfinished")
        try output.flush()
      }
      receive(number)
      // Not reached, or the outputs would be dropped before.
      for output in outputs { try output.commit() }
    }
    #expect(try folder.names == ["out"])
    #expect(try folder.bytes(of: "out") == Array("old".utf8))
  }

  @Test func aWriteToAPipeThatNobodyReadsEndsTheProcessAndLeavesNothing() async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .signal(SIGPIPE)) { [path = path as String] in
      startAsByAShell()
      let file = try OutputFile(path: path)
      try file.write("unfinished")
      let pipe = Pipe()
      let output = try OutputFile(path: "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)")
      try pipe.fileHandleForReading.close()
      try output.write("rows")
      try output.flush()
      try file.commit()
    }
    #expect(try folder.names == ["out"])
    #expect(try folder.bytes(of: "out") == Array("old".utf8))
  }

  @Test func aSignalThatTheParentIgnoresStaysIgnored() async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .success) { [path = path as String] in
      startAsByAShell()
      signal(SIGHUP, SIG_IGN)
      let output = try OutputFile(path: path)
      try output.write("new")
      receive(SIGHUP)
      try output.commit()
    }
    #expect(try folder.bytes(of: "out") == Array("new".utf8))
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aRequestToStopIsNotedAndTheWorkGoesOn(number: Int32) async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .success) { [path = path as String, number] in
      startAsByAShell()
      let output = try OutputFile(path: path)
      StopRequest.noteSignals()
      #expect(StopRequest.signal == nil)
      receive(number)
      #expect(StopRequest.signal == number)
      try output.write("saved")
      try output.commit()
    }
    #expect(try folder.bytes(of: "out") == Array("saved".utf8))
  }

  @Test func aSecondRequestToStopEndsTheProcessAtOnce() async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .signal(SIGTERM)) { [path = path as String] in
      startAsByAShell()
      StopRequest.noteSignals()
      let output = try OutputFile(path: path)
      try output.write("unfinished")
      try output.flush()
      receive(SIGINT)
      #expect(StopRequest.signal == SIGINT)
      receive(SIGTERM)
      try output.commit()
    }
    #expect(try folder.names == ["out"])
  }

  @Test func aCommittedFileIsSafeFromSignals() async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .signal(SIGTERM)) { [path = path as String] in
      startAsByAShell()
      let output = try OutputFile(path: path)
      try output.write("new")
      try output.commit()
      receive(SIGTERM)
    }
    #expect(try folder.bytes(of: "out") == Array("new".utf8))
  }

  @Test func moreFilesThanAreWatchedOverAreRefusedNotLeftBehind() async throws {
    let path = folder.path("many")
    await #expect(processExitsWith: .success) { [path = path as String] in
      startAsByAShell()
      var outputs: [OutputFile] = []
      let error = #expect(throws: FileError.self) {
        for index in 0..<100 { outputs.append(try OutputFile(path: "\(path)\(index)")) }
      }
      #expect(error == .cannotCreate(name: displayed("\(path)\(outputs.count)"), errno: EMFILE))
      #expect(outputs.count == 16)
      // A slot that is given back can be used again.
      outputs.removeLast()
      outputs.append(try OutputFile(path: path))
    }
    #expect(try folder.names == ["out"])
  }

  @Test func aLogWhoseReaderLeftIsDroppedAndOtherOutputFails() async throws {
    await #expect(processExitsWith: .success) {
      startAsByAShell()
      BrokenPipes.ignore()
      let pipe = Pipe()
      let path = "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)"
      let log = try OutputFile(path: path, closedPipe: .isDropped)
      let data = try OutputFile(path: path)
      try pipe.fileHandleForReading.close()
      try log.write("a line")
      try log.commit()
      try data.write("a row")
      #expect(throws: FileError.cannotWrite(name: path, errno: EPIPE)) { try data.commit() }
    }
  }
}
