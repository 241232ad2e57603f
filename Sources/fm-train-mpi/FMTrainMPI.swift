// fm-train-mpi: fm-train on several processes and machines, which MPI starts and connects.

import ByteIO
import CMPI
import CommandLine
import TrainCommand

struct FMTrainMPI: Tool {
  static let configuration = CommandConfiguration.tool(
    "fm-train-mpi", abstract: "Train a classifier on several machines, which share each batch.",
    usage: "--arch <spec>|--from <model> -o <model> [<options>] <stream>",
    discussion: """
      Does what fm-train does, with its options, in as many processes as mpirun starts: each computes some of the images \
      of each batch, and all take the same step. The model has the bytes of fm-train's, whatever their number, \
      if all have the same kernels.

      Each process reads the files by itself, so that every machine needs them under the same names; with --memory, it \
      reads the images that it computes and no others. The first process, of rank 0, tells what comes of \
      the run, and writes the model, the log and checkpoints; --resume goes on with any number of processes.
      Without mpirun there is one process. --jobs are threads of each process: as many as it has processors \
      to itself. A batch goes to 16 processes at most, to 4 where a network has many weights; with larger batches each \
      has more to do.

      A process that fails or is killed ends the run with status 74; checkpoints stay whole.
      """,
    examples: [
      "mpirun -n 2 fm-train-mpi --jobs 1 --arch cnn -o cnn.safetensors train.raw",
      "mpirun --hostfile hosts fm-train-mpi --arch vgg --memory 500M -o v.st train.raw",
    ])

  static var conductOptions: [String: Bool] { FMTrain.conductOptions }

  @OptionGroup var train: FMTrain

  func validate() throws {
    if let option = train.optionOfOneProcess {
      throw ValidationError("\(option) is for one process: use fm-train")
    }
  }

  var impliedFiles: [NamedFile] { train.impliedFiles }

  func mayReplace(_ input: NamedFile, by output: NamedFile) -> Bool {
    train.mayReplace(input, by: output)
  }

  func run() throws {
    let peers = MPIPeers()
    defer { peers.finish() }
    try train.run(with: peers)
  }
}

@main enum Main {
  static func main() {
    cmpi_watch("fm-train-mpi", ToolStatus.inputOutput.rawValue)
    // What the first process says of the command line, all would say.
    if cmpi_launched_rank() > 0 { Silence.set(true) }
    FMTrainMPI.main()
  }
}
