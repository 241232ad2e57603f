import ByteIO
import Foundation
import Testing

// Each test calls these functions in a process of its own. The process inherits the set of ignored signals from the one
// that runs the tests, and its threads block most signals.

private func receive(_ number: Int32) {
  var set = sigset_t()
  sigemptyset(&set)
  sigaddset(&set, number)
  pthread_sigmask(SIG_UNBLOCK, &set, nil)
  raise(number)
}

private func restoreDefaultSignals() {
  for number in [SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ] { signal(number, SIG_DFL) }
}

/// Signals end a process, so each test runs in its own.
@Suite struct SignalTests {
  let folder: TemporaryDirectory
  init() throws {
    folder = try TemporaryDirectory()
    try folder.write("old".utf8, to: "out")
  }

  @Test(arguments: [SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ])
  func aSignalEndsTheProcessAndLeavesOnlyTheOldFiles(number: Int32) async throws {
    let paths = [folder.path("out"), folder.path("new")]
    await #expect(processExitsWith: .signal(number)) { [number, paths = paths as [String]] in
      restoreDefaultSignals()
      let outputs = try paths.map { try OutputFile(path: $0) }
      for output in outputs {
        try output.write("unfinished")
        try output.flush()
      }
      receive(number)
      // This line is never reached. Without it, the outputs would be dropped before the signal.
      for output in outputs { try output.commit() }
    }
    #expect(try folder.names == ["out"])
    #expect(try folder.bytes(of: "out") == Array("old".utf8))
  }

  @Test func aWriteToAPipeWithoutReadersEndsTheProcessAndLeavesNothing() async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .signal(SIGPIPE)) { [path = path as String] in
      restoreDefaultSignals()
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
      restoreDefaultSignals()
      signal(SIGHUP, SIG_IGN)
      let output = try OutputFile(path: path)
      try output.write("new")
      receive(SIGHUP)
      try output.commit()
    }
    #expect(try folder.bytes(of: "out") == Array("new".utf8))
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func aRequestToStopIsNotedAndTheWorkContinues(number: Int32) async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .success) { [path = path as String, number] in
      restoreDefaultSignals()
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

  @Test func aSecondRequestToStopEndsTheProcessImmediately() async throws {
    let path = folder.path("out")
    await #expect(processExitsWith: .signal(SIGTERM)) { [path = path as String] in
      restoreDefaultSignals()
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
      restoreDefaultSignals()
      let output = try OutputFile(path: path)
      try output.write("new")
      try output.commit()
      receive(SIGTERM)
    }
    #expect(try folder.bytes(of: "out") == Array("new".utf8))
  }

  @Test func filesThatASignalCouldNotRemoveAreRefused() async throws {
    let path = folder.path("many")
    await #expect(processExitsWith: .success) { [path = path as String] in
      restoreDefaultSignals()
      var outputs: [OutputFile] = []
      let error = #expect(throws: FileError.self) {
        for index in 0..<100 { outputs.append(try OutputFile(path: "\(path)\(index)")) }
      }
      #expect(error == .cannotCreate(name: displayed("\(path)\(outputs.count)"), errno: EMFILE))
      #expect(outputs.count == 16)
      // A slot that is returned can be used again.
      outputs.removeLast()
      outputs.append(try OutputFile(path: path))
    }
    #expect(try folder.names == ["out"])
  }

  @Test func aLogWhoseReaderIsGoneIsDroppedAndOtherOutputFails() async throws {
    await #expect(processExitsWith: .success) {
      restoreDefaultSignals()
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
