import Testing

@testable import Threading

@Suite struct ReadAheadTests {
  typealias Batch = CountingProducer.Batch

  private static func spare(_ count: Int) -> [Batch] { (0..<count).map { Batch(identity: $0 + 1) } }

  /// Reads to the end. Returns the numbers of all batches, in order, and the error that ended them, if any.
  private func numbers(_ ahead: ReadAhead<CountingProducer>, limit: Int) -> ([Int], CountingProducer.Failed?)
  {
    var batch = Batch()
    var numbers: [Int] = []
    do {
      while try ahead.next(&batch) {
        #expect(1...limit ~= batch.numbers.count)
        numbers += batch.numbers
      }
      return (numbers, nil)
    } catch {
      return (numbers, error as? CountingProducer.Failed)
    }
  }

  @Test(arguments: [0, 1, 2, 5], [1, 2, 7, 1000])
  func everyNumberComesOnceAndInOrder(_ spareCount: Int, _ limit: Int) {
    for count in [0, 1, 2, 3, 5000] {
      let producer = CountingProducer(count: count, limit: limit)
      let (numbers, error) = numbers(ReadAhead(producer, spare: Self.spare(spareCount)), limit: limit)
      #expect(numbers == Array(0..<count))
      #expect(error == nil)
      #expect(producer.identities.isSubset(of: 0...spareCount), "only the given batches circulate")
    }
  }

  @Test func aWaitingBatchGrowsAndIsAvailableImmediately() throws {
    let producer = CountingProducer(count: 100, limit: 10, allowed: 3)
    let ahead = ReadAhead(producer, spare: Self.spare(2))
    var batch = Batch()
    // The producer is blocked on a number that is not available. Its earlier numbers can be read anyway.
    producer.awaitStuck(at: 3)
    #expect(ahead.isReady)
    #expect(try ahead.next(&batch))
    #expect(batch.numbers == [0, 1, 2])
    #expect(!ahead.isReady)
    producer.allow(4)
    producer.awaitStuck(at: 4)
    producer.allow(6)
    producer.awaitStuck(at: 6)
    #expect(try ahead.next(&batch))
    #expect(batch.numbers == [3, 4, 5])
    #expect(!ahead.isReady)
    producer.allow(.max)
    #expect(numbers(ahead, limit: 10).0 == Array(6..<100))
    #expect(ahead.isReady, "the end is available immediately")
  }

  @Test func aFullBatchDoesNotGrow() throws {
    let producer = CountingProducer(count: 100, limit: 4, allowed: 7)
    let ahead = ReadAhead(producer, spare: Self.spare(2))
    producer.awaitStuck(at: 7)
    var batch = Batch()
    #expect(try ahead.next(&batch))
    #expect(batch.numbers == [0, 1, 2, 3])
    #expect(try ahead.next(&batch))
    #expect(batch.numbers == [4, 5, 6])
  }

  @Test(arguments: [0, 1, 3], [0, 1, 2, 3, 4, 17])
  func numbersBeforeAnErrorAreReturned(_ spareCount: Int, _ number: Int) {
    for isWait in [true, false] {
      let producer = CountingProducer(
        count: 100, limit: 3, badWait: isWait ? number : nil, badFill: isWait ? nil : number)
      let ahead = ReadAhead(producer, spare: Self.spare(spareCount))
      let (numbers, error) = numbers(ahead, limit: 3)
      #expect(numbers == Array(0..<number))
      #expect(error == CountingProducer.Failed(number: number))
      var batch = Batch()
      #expect(throws: CountingProducer.Failed(number: number)) { try ahead.next(&batch) }
    }
  }

  @Test func theEndIsReportedAgain() throws {
    for spareCount in [0, 2] {
      let ahead = ReadAhead(CountingProducer(count: 2, limit: 1), spare: Self.spare(spareCount))
      #expect(numbers(ahead, limit: 1).0 == [0, 1])
      var batch = Batch()
      #expect(try !ahead.next(&batch))
    }
  }

  @Test func withoutSpareBatchesEachBatchIsMadeOnDemand() throws {
    let producer = CountingProducer(count: 3, limit: 5)
    let ahead = ReadAhead(producer, spare: [])
    #expect(producer.identities.isEmpty)
    var batch = Batch(identity: 7)
    #expect(try ahead.next(&batch))
    #expect(batch == Batch(identity: 7, numbers: [0]))
    #expect(ahead.isReady)
    #expect(try ahead.next(&batch))
    #expect(try ahead.next(&batch))
    #expect(!ahead.isReady)
  }

  /// The reader is dropped while the producer waits for input, waits for a spare batch, or is done.
  @Test(arguments: [(5, 100), (.max, 100), (.max, 1)])
  func theThreadEndsWhenTheReaderIsDropped(_ allowed: Int, _ count: Int) throws {
    let monitor = Monitor()
    nonisolated(unsafe) var hasEnded = false
    weak var weakProducer: CountingProducer?
    do {
      let producer = CountingProducer(count: count, limit: 1, allowed: allowed) {
        monitor.locked {
          hasEnded = true
          monitor.signal()
        }
      }
      weakProducer = producer
      let ahead = ReadAhead(producer, spare: Self.spare(2))
      var batch = Batch()
      #expect(try ahead.next(&batch))
    }
    weakProducer?.allow(.max)
    // If the thread never ended, the test would hang here.
    monitor.locked {
      while !hasEnded { monitor.wait() }
    }
  }
}
